/** Looks at each frame of the page for rows that are there twice. */
export const watchForDoubles = `(() => {
  const seen = { frames: 0, doubles: [] }
  window.seen = seen
  const look = () => {
    const ids = [...document.querySelectorAll('[data-id]')].map((row) => row.dataset.id)
    seen.frames += 1
    seen.doubles.push(...ids.filter((id, at) => ids.indexOf(id) !== at))
    requestAnimationFrame(look)
  }
  look()
})()`
