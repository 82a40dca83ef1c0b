import { useSyncExternalStore } from 'react'
import { isDark, storedTheme, storeTheme, systemDark, type Theme } from './stored-theme.ts'

export { storedTheme, type Theme, themes } from './stored-theme.ts'

const listeners = new Set<() => void>()

/** Shows a theme, and calls the listeners that paint on a canvas. */
export function applyTheme(theme: Theme): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset['theme']
  else dataset['theme'] = theme
  for (const listener of listeners) listener()
}

export function chooseTheme(theme: Theme): void {
  storeTheme(theme)
  applyTheme(theme)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  systemDark.addEventListener('change', listener)
  return () => {
    listeners.delete(listener)
    systemDark.removeEventListener('change', listener)
  }
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, storedTheme)
}

/** Whether the page is dark, because the user chose it or the device prefers it. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, isDark)
}

/** The colour that a token has in an element now. A canvas needs it, because it does not know `light-dark()`. */
export function colorOf(element: HTMLElement, token: string): string {
  const probe = element.appendChild(document.createElement('span'))
  probe.style.color = `var(--${token})`
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
