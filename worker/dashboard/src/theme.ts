import { useSyncExternalStore } from 'react'
import { isDark, storedTheme, storeTheme, systemDark, type Theme } from './stored-theme.ts'

export { storedTheme, type Theme, themes } from './stored-theme.ts'

const listeners = new Set<() => void>()

/** Shows a theme, and lets those know who paint on a canvas. */
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

/** Whether what is shown is dark, by choice or by the device. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, isDark)
}

/** A colour of the tokens as it is shown in an element now: for a canvas, which knows no `light-dark()`. */
export function colorOf(element: HTMLElement, token: string): string {
  const probe = element.appendChild(document.createElement('span'))
  probe.style.color = `var(--${token})`
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
