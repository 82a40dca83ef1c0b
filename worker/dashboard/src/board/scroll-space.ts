/**
 * Browsers bound the height of an element (some 17 million pixels in Firefox, 33 million of the screen's pixels in
 * Chromium and Safari), so a long list cannot be as high as all of its rows. It is as high as its **slots**, whose
 * number is bounded. The row in a slot has the slot's number plus the **shift**, a whole number of rows. Scrolling by
 * hand leaves the shift as it is, so that every row passes by pixel for pixel. A jump, by the scrollbar or to a distant
 * row, sets the shift. A quarter of the slots at each end stands for as many rows one to one; the slots in between
 * stand for all other rows.
 */
export interface ScrollSpace {
  readonly rows: number
  readonly slots: number
}

/** A row's slot and the shift under which the slot shows it: slot + shift is the row. */
interface Placed {
  readonly slot: number
  readonly shift: number
}

/**
 * 195,000 rows of 34 pixels are 6.6 million pixels, which is below the bound of every browser. Safari does not report
 * how far a page is magnified; there even five times as many are below it.
 */
export const slotsMax = 195_000

/** In the screen's own pixels. */
const heightMaxPx = 30_600_000

/**
 * `screenPixels` is the number of the screen's own pixels for one pixel of the page, which is more than one on a fine
 * screen or a magnified page.
 */
export function scrollSpaceOf(rows: number, rowPx: number, screenPixels: number): ScrollSpace {
  return { rows, slots: Math.min(rows, slotsMax, Math.floor(heightMaxPx / (rowPx * screenPixels))) }
}

/** The shift after a jump to a slot, which may lie between two. The shift never decreases as slots increase. */
export function shiftAt({ rows, slots }: ScrollSpace, slot: number): number {
  const edge = edgeOf(slots)
  const hidden = rows - slots
  const share = (slot - edge) / Math.max(slots - 2 * edge, 1)
  return Math.round(Math.min(Math.max(share, 0), 1) * hidden)
}

/**
 * The place to jump to for a row: near the slot whose position in the list corresponds to the row's position among the
 * rows.
 */
export function placeOf(space: ScrollSpace, row: number): Placed {
  // Slots and their shifts increase together, so a binary search finds the last slot that is not past the row.
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

/** A view of the list: how far it is scrolled, and its shift. */
interface View {
  readonly topPx: number
  readonly shift: number
}

/** The height of a row, the height that is visible at once, and the furthest scroll position. */
export interface Measures {
  readonly rowPx: number
  readonly heightPx: number
  readonly endPx: number
}

/** A movement by more than this many views at once is a jump: no wheel and no finger goes that far in one frame. */
const viewsNear = 4

/** Whether a row is near enough to scroll to it as if by hand. */
export function isNear(fromPx: number, toPx: number, { heightPx }: Measures): boolean {
  return Math.abs(toPx - fromPx) <= viewsNear * heightPx
}

/** The shift after the view was scrolled to `topPx`. */
export function shiftAfterScroll(space: ScrollSpace, view: View, topPx: number, measures: Measures): number {
  // The ends are exact, however they were reached.
  if (topPx <= 0) return 0
  if (topPx >= measures.endPx - 1) return space.rows - space.slots
  return isNear(view.topPx, topPx, measures) ? view.shift : shiftAt(space, topPx / measures.rowPx)
}

/**
 * The scroll position for a view at rest, so that the scrollbar shows where the view is. The rows stay where they are
 * on the screen.
 */
export function settled(space: ScrollSpace, { topPx, shift }: View, rowPx: number): View {
  const slot = Math.floor(topPx / rowPx)
  const placed = placeOf(space, slot + shift)
  return { topPx: topPx + (placed.slot - slot) * rowPx, shift: placed.shift }
}

function edgeOf(slots: number): number {
  return Math.floor(slots / 4)
}
