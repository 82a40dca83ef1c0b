/** The periods of which there are throughput, times and failures, as the API names them. */
export const spans = [
  { value: '1h', title: 'Last hour' },
  { value: '24h', title: 'Last 24 hours' },
] as const
export type SpanName = (typeof spans)[number]['value']
