/** Who can have answered, from near to far, as people call them. */
export const sourceTitles = {
  memory: 'Memory',
  edge_cache: 'Edge cache',
  cloudflare_kv: 'KV',
  redis_cache: 'Redis',
  database: 'Database',
} as const

export type SourceName = keyof typeof sourceTitles

/** Where an answer is from, in the colour it has everywhere. */
export function SourceTag({ source }: { source: SourceName }) {
  return (
    <span className={`source source-${source}`}>
      <span className="source-dot" aria-hidden="true" />
      {sourceTitles[source]}
    </span>
  )
}
