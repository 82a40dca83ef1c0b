/** What has become of a process of the stack since it was started; `ended` and what follows it are its own doing. */
export type PieceChange =
  | { readonly kind: 'started'; readonly name: string; readonly pid: number }
  | { readonly kind: 'stopped'; readonly name: string }
  /** `logPath`: where it may have said why. */
  | {
      readonly kind: 'ended'
      readonly name: string
      readonly pid: number
      readonly how: string
      readonly logPath: string
    }
  /** It has ended, and something starts it again without being asked. */
  | { readonly kind: 'restarting'; readonly name: string; readonly pid: number }
  | { readonly kind: 'returned'; readonly name: string; readonly pid: number }
  | { readonly kind: 'lost'; readonly name: string; readonly waitedMs: number }

const titles: Readonly<Record<string, string>> = {
  origin: 'The origin',
  postgres: 'Postgres',
  'redis-bridge': "Redis's HTTP bridge",
  'redis-server': 'Redis',
  supabase: "Supabase's interface",
  worker: 'The Worker (workerd)',
}

const remedy = 'The rest goes on without it: to have it back, end this with Ctrl-C and start again.'

/** What the person at the keyboard is told; null where it was their own doing. */
export function toldOf(change: PieceChange): string | null {
  const title = titles[change.name] ?? `The ${change.name}`
  switch (change.kind) {
    case 'started':
    case 'stopped':
      return null
    case 'ended':
      return `${title} (process ${change.pid}) ended by itself (${change.how}). ${remedy} ${change.logPath} may say why.`
    case 'restarting':
      return `${title} (process ${change.pid}) ended by itself and is being started again.`
    case 'returned':
      return `${title} is back as process ${change.pid}, at the same address and with what it had stored.`
    case 'lost':
      return `${title} did not come back within ${change.waitedMs / 1_000} s. ${remedy}`
  }
}

/** Where nobody watches over a piece: what is to be told of it goes to the console. */
export function tell(change: PieceChange): void {
  const line = toldOf(change)
  if (line !== null) console.error(line)
}
