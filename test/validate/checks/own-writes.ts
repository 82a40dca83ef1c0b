import { NotApplicable } from '../check-endings.ts'
import { nameOfRound, renameThroughApi } from '../probe-contact.ts'
import type { Check } from '../run.ts'

export const ownWrites: Check = {
  name: 'own-writes',
  title:
    'a client that sends the version of its write reads that write at once, and so does one that demands proof',
  needsCanary: true,
  skippedBecause: ({ databaseUrl, place }) =>
    databaseUrl === null && place === null
      ? 'there is neither VALIDATE_DATABASE_URL nor --board and --column'
      : null,
  requestsMax: ({ pace }) => pace.rounds * 4,
  writes: "changes of the run's own contact through the API",
  async run(run) {
    const { contact } = run.canary
    if (contact === null) throw new NotApplicable('there is no contact of the run')
    const tookMs: number[] = []
    let pending = 0
    let older = 0
    for (let index = 0; index < run.given.pace.rounds; index += 1) {
      await run.deployment.makeRoom(4)
      const name = nameOfRound('written', index)
      const sinceMs = performance.now()
      const version = await renameThroughApi(run.ask, contact, name)
      if (version === null) pending += 1
      const demand: Record<string, string> =
        version === null ? { 'Cache-Control': 'no-cache' } : { 'X-Min-Version': String(version) }
      const [own, page] = await Promise.all(
        [contact.path, contact.page].map((path) => run.ask(path, { headers: demand, isTimed: true })),
      )
      tookMs.push(performance.now() - sinceMs)
      // A write that could not be reported at once promises nothing to this demand.
      if (version !== null && [own, page].some((answer) => answer?.text.includes(name) !== true)) older += 1
      const proved = await run.ask(contact.path, { headers: { 'Cache-Control': 'no-cache' } })
      if (version !== null && !proved.text.includes(name)) older += 1
    }
    run.figure('a write and the read that has it', tookMs, null)
    if (older > 0) run.fail('the first read after a write has it', `${older} reads were older`)
    if (pending > 0) run.note(`${pending} writes were committed before they could be reported`)
  },
}
