const storageKey = 'boardcache-first-steps'

/** Whether a user who has just signed in to a local stack begins with the page of first steps. */
export function wantsFirstSteps(isLocal: boolean): boolean {
  return isLocal && localStorage.getItem(storageKey) !== 'dismissed'
}

export function dismissFirstSteps(): void {
  localStorage.setItem(storageKey, 'dismissed')
}
