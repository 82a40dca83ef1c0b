/**
 * A browser bounds the height of an element (some 17 million pixels in Firefox, 33 million of the screen's in Chromium and Safari), so a long
 * list cannot be as high as all of its rows. It is as high as its **slots**, of which there are at most so many; the row in a
 * slot is the slot's number plus the **shift**, a whole number of rows. Scrolling by hand leaves the shift as it is, so every
 * row comes by pixel for pixel; a jump, by the scrollbar or to a row far away, sets it. A quarter of the slots at each end
 * stands for as many rows one to one; those between stand for all the rest.
 */
export interface ScrollSpace {
  readonly rows: number
  readonly slots: number
}

/** A row's slot, and the shift under which it is there: slot + shift is the row. */
interface Placed {
  readonly slot: number
  readonly shift: number
}

/**
 * 195,000 rows of 34 pixels are 6.6 million, which is below every browser's bound, and in Safari, which does not tell how far
 * a page is magnified, up to five times as many are too.
 */
export const slotsMax = 195_000

/** Of the screen's own pixels. */
const heightMaxPx = 30_600_000

/** `screenPixels`: how many of the screen's own pixels one of the page's is, on a fine screen or magnified. */
export function scrollSpaceOf(rows: number, rowPx: number, screenPixels: number): ScrollSpace {
  return { rows, slots: Math.min(rows, slotsMax, Math.floor(heightMaxPx / (rowPx * screenPixels))) }
}

/** The shift at a place that was jumped to; `slot` may lie between two. It never falls as slots rise. */
export function shiftAt({ rows, slots }: ScrollSpace, slot: number): number {
  const edge = edgeOf(slots)
  const hidden = rows - slots
  const share = (slot - edge) / Math.max(slots - 2 * edge, 1)
  return Math.round(Math.min(Math.max(share, 0), 1) * hidden)
}

/** Where a row is jumped to: near the slot whose place in the list is as the row's place among the rows. */
export function placeOf(space: ScrollSpace, row: number): Placed {
  // Slots and their shifts rise together, so the last slot that is not past the row is found by halves.
  let low = 0
  let high = Math.max(space.slots - 1, 0)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (middle + shiftAt(space, middle) <= row) low = middle
    else high = middle - 1
  }
  const shift = Math.min(row - low, space.rows - space.slots)
  return { slot: row - shift, shift }
}

/** A view of the list: how far it is scrolled, and the shift that it shows. */
interface View {
  readonly topPx: number
  readonly shift: number
}

/** How high a row is and what is seen at once, and the furthest that the list can be scrolled. */
export interface Measures {
  readonly rowPx: number
  readonly heightPx: number
  readonly endPx: number
}

/** Further than this many views at once is a jump: no wheel and no finger goes so far in a frame. */
const viewsNear = 4

/** Whether a row is so near that the list is scrolled to it as by hand. */
export function isNear(fromPx: number, toPx: number, { heightPx }: Measures): boolean {
  return Math.abs(toPx - fromPx) <= viewsNear * heightPx
}

/** The shift once the view has been scrolled to `topPx`. */
export function shiftAfterScroll(space: ScrollSpace, view: View, topPx: number, measures: Measures): number {
  // The ends are exact, however they were come to.
  if (topPx <= 0) return 0
  if (topPx >= measures.endPx - 1) return space.rows - space.slots
  return isNear(view.topPx, topPx, measures) ? view.shift : shiftAt(space, topPx / measures.rowPx)
}

/** Where a view that rests is scrolled to, so that the scrollbar tells where it is; its rows stay where they are on the screen. */
export function settled(space: ScrollSpace, { topPx, shift }: View, rowPx: number): View {
  const slot = Math.floor(topPx / rowPx)
  const placed = placeOf(space, slot + shift)
  return { topPx: topPx + (placed.slot - slot) * rowPx, shift: placed.shift }
}

function edgeOf(slots: number): number {
  return Math.floor(slots / 4)
}
