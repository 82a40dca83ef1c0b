export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet'

/** Statuses are free text of the CRM. Those that it usually has get a colour; every other one is plain. */
const statusTones: Readonly<Record<string, Tone>> = {
  open: 'info',
  new: 'info',
  active: 'info',
  pending: 'warn',
  waiting: 'warn',
  on_hold: 'warn',
  closed: 'quiet',
  archived: 'quiet',
  resolved: 'good',
  won: 'good',
  done: 'good',
  lost: 'bad',
  blocked: 'bad',
}

export function statusTone(status: string): Tone {
  const known = status.toLowerCase().replaceAll(/[\s-]+/g, '_')
  return Object.hasOwn(statusTones, known) ? (statusTones[known] ?? 'quiet') : 'quiet'
}

export const priorityTones = { high: 'bad', medium: 'info', low: 'quiet' } as const satisfies Record<
  string,
  Tone
>
