const deadlineMs = 5_000

/** Whether the server has the same page as the one that runs here, a newer one, or cannot be reached. */
export async function pageState(): Promise<'same' | 'replaced' | 'unreachable'> {
  try {
    const response = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(deadlineMs) })
    if (!response.ok) return 'unreachable'
    return (await response.text()).includes(ownScript()) ? 'same' : 'replaced'
  } catch {
    return 'unreachable'
  }
}

/** The path of the script that started this page. Its name contains a digest of its content. */
function ownScript(): string {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]')
  return script === null ? '' : new URL(script.src).pathname
}
