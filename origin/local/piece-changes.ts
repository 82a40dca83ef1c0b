/** A change of a process of the stack. `ended` and the kinds after it happen without a command of ours. */
export type PieceChange =
  | { readonly kind: 'started'; readonly name: string; readonly pid: number }
  | { readonly kind: 'stopped'; readonly name: string }
  /** It was started again with changed code. */
  | { readonly kind: 'replaced'; readonly name: string; readonly pid: number }
  /** The reason may stand in the file at `logPath`. */
  | {
      readonly kind: 'ended'
      readonly name: string
      readonly pid: number
      readonly how: string
      readonly logPath: string
    }
  /** It ended, and Miniflare starts it again by itself. */
  | { readonly kind: 'restarting'; readonly name: string; readonly pid: number; readonly how: string }
  | { readonly kind: 'returned'; readonly name: string; readonly pid: number }
  | { readonly kind: 'lost'; readonly name: string; readonly waitedMs: number }

const titles: Readonly<Record<string, string>> = {
  'changed-origin': 'The changed origin',
  origin: 'The origin',
  postgres: 'Postgres',
  'redis-bridge': "Redis's HTTP bridge",
  'redis-server': 'Redis',
  supabase: "Supabase's interface",
  worker: 'The Worker (workerd)',
}

const remedy =
  'The other parts keep running without it. To get it back, stop everything with Ctrl-C and start again.'

/** The name of a process in a sentence, at its beginning. */
export function titleOf(name: string): string {
  return titles[name] ?? `The ${name}`
}

/** The sentence that the console prints about a change; null for a change by command. */
export function sentenceOf(change: PieceChange): string | null {
  const title = titleOf(change.name)
  switch (change.kind) {
    case 'started':
    case 'stopped':
    case 'replaced':
      return null
    case 'ended':
      return `${title} (process ${change.pid}) ended by itself (${change.how}). ${remedy} The reason may be in ${change.logPath}.`
    case 'restarting':
      return `${title} (process ${change.pid}) ended by itself (${change.how}) and is being started again.`
    case 'returned':
      return `${title} is back as process ${change.pid}, at the same address and with its stored data.`
    case 'lost':
      return `${title} did not come back within ${change.waitedMs / 1_000} s. ${remedy}`
  }
}

/** Prints the sentence, for a process that no stack looks after. */
export function printChange(change: PieceChange): void {
  const sentence = sentenceOf(change)
  if (sentence !== null) console.error(sentence)
}
