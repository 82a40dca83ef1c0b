/** Told when the palette should open. A plain event, so that any part can open it without a context around the page. */
const openEvent = 'boardcache-palette'

export function openPalette(): void {
  window.dispatchEvent(new Event(openEvent))
}

/** Calls back for ⌘K and Ctrl+K anywhere in the page, and for `openPalette`. Returns the function that stops it. */
export function onPaletteWanted(open: () => void): () => void {
  function byKey(event: KeyboardEvent) {
    if (
      event.key.toLowerCase() !== 'k' ||
      !(event.metaKey || event.ctrlKey) ||
      event.altKey ||
      event.shiftKey
    )
      return
    event.preventDefault()
    open()
  }
  window.addEventListener('keydown', byKey)
  window.addEventListener(openEvent, open)
  return () => {
    window.removeEventListener('keydown', byKey)
    window.removeEventListener(openEvent, open)
  }
}
