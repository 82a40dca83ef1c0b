import { entryEtagOf } from '../../../shared/live/wire.ts'
import { validateBounds as bounds } from '../bounds.ts'
import { NotApplicable } from '../check-endings.ts'
import { type LiveSocket, NoConnection, openLive, type SeenFrame } from '../live-socket.ts'
import { nameOfRound, rename } from '../probe-contact.ts'
import type { Check, ProbeContact, Run } from '../run.ts'
import { takeRounds } from '../sightings.ts'

export const live: Check = {
  name: 'live',
  title: 'an open browser hears of every change to what it shows within the bound',
  needsCanary: true,
  skippedBecause: ({ databaseUrl, place }) =>
    databaseUrl === null && place === null
      ? 'there is neither VALIDATE_DATABASE_URL nor --board and --column'
      : null,
  // Besides the changes, a read with each "ask again", of which a change may cause several.
  requestsMax: ({ pace }) => 2 + pace.rounds * 6,
  writes: "changes of the run's own contact, and one WebSocket",
  async run(run) {
    const { contact } = run.canary
    if (contact === null) throw new NotApplicable('there is no contact of the run')
    await refusesForgery(run)
    const held = await run.ask(contact.page)
    let socket: LiveSocket
    try {
      socket = await openLive(run.given, run.given.tokens.admin, run.signal)
    } catch (error) {
      if (!(error instanceof NoConnection)) throw error
      run.fail('a live connection opens', error.message)
      return
    }
    try {
      const shown = socket.next(
        ({ type }) => ['shown', 'changed', 'moved'].includes(type),
        bounds.socketDeadlineMs,
      )
      socket.show(contact.page, entryEtagOf(held.headers.get('ETag') ?? ''))
      if ((await shown) === null) run.fail('a hub confirms what a browser shows', 'no frame')
      const { pace, liveBoundMs: boundMs } = run.given
      const name = 'a change, until a browser hears of it'
      await takeRounds(run, { name, boundMs, rounds: pace.rounds }, (index) =>
        round(run, socket, contact, index),
      )
    } finally {
      socket.close()
    }
  },
}

/** A browser with the admin's token and another signature must not get in. */
async function refusesForgery({ given, signal, fail }: Run): Promise<void> {
  const forged = `${given.tokens.admin.split('.').slice(0, 2).join('.')}.AAAA`
  try {
    const socket = await openLive(given, forged, signal)
    socket.close()
    fail('a live connection with a forged token is refused', 'a greeting')
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error
  }
}

async function round(
  run: Run,
  socket: LiveSocket,
  contact: ProbeContact,
  index: number,
): Promise<number | null> {
  const name = nameOfRound('live', index)
  const boundMs = run.given.liveBoundMs
  const isAboutAChange = ({ type }: SeenFrame) => type === 'changed' || type === 'moved'
  // The frame may come before the database's answer does.
  let frame = socket.next(isAboutAChange, boundMs + bounds.requestDeadlineMs)
  await rename(run, contact, name)
  const sinceMs = performance.now()
  for (;;) {
    const seen = await Promise.race([frame, afterBound(sinceMs + boundMs)])
    if (seen === null) return null
    // An earlier change may be told again, so the frame must have this one, or lead to it.
    frame = socket.next(isAboutAChange, boundMs + bounds.requestDeadlineMs)
    if (seen.type === 'changed' && seen.text.includes(name)) return Math.max(0, seen.atMs - sinceMs)
    if (seen.type !== 'moved' || seen.version === null) continue
    const headers = { 'X-Min-Version': String(seen.version) }
    const { text } = await run.ask(contact.page, { headers, isTimed: true })
    if (text.includes(name)) return Math.max(0, seen.atMs - sinceMs)
  }
}

function afterBound(atMs: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, atMs - performance.now()), null).unref()
  })
}
