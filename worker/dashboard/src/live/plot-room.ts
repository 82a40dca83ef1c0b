/** The room beside a plot for its labels. The marks over it have the same room beside them. */
export const plotRoom = {
  /** The labels of the values. */
  startPx: 58,
  /** The half of the last time of day that reaches past the plot. */
  endPx: 26,
} as const
