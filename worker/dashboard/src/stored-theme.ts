/** The user's choice; `system` follows the device. */
export type Theme = 'system' | 'light' | 'dark'

export const themes: readonly Theme[] = ['system', 'light', 'dark']

const storageKey = 'boardcache-theme'
export const systemDark = window.matchMedia('(prefers-color-scheme: dark)')

export function storedTheme(): Theme {
  const stored = localStorage.getItem(storageKey)
  return themes.find((theme) => theme === stored) ?? 'system'
}

export function storeTheme(theme: Theme): void {
  localStorage.setItem(storageKey, theme)
}

/** Whether pages should be dark, because the user chose it or the device prefers it. */
export function isDark(): boolean {
  const theme = storedTheme()
  return theme === 'dark' || (theme === 'system' && systemDark.matches)
}
