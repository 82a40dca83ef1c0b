import { parseArgs } from 'node:util'
import { startTestStack } from '../support/local-stack.ts'
import { runCrashRounds } from './crash-rounds.ts'
import { createGivingUp } from './giving-up.ts'

/**
 * `npm run chaos:crash -- --rounds 200 --seed 1` exits with 1 if a write was lost or a tag was missed. The canary
 * `--forgetful` makes the outbox lose half of its rows. A run that does not find it proves nothing.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    forgetful: { type: 'boolean', default: false },
  },
})
const givingUp = createGivingUp()
const stack = await startTestStack({ contacts: 2_000 })
let faultyRounds = 0
givingUp.hearSignals()
try {
  if (values.forgetful) {
    await stack.sql.unsafe(`
      create function private.forget() returns trigger language plpgsql as
        $$ begin return case when random() < 0.5 then new end; end $$;
      create trigger forget before insert on private.outbox for each row execute function private.forget();`)
  }
  const rounds = await runCrashRounds({
    stack,
    signal: givingUp.signal,
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    onRound({ number, killed, acknowledged, unanswered, recoveryMs, faults }) {
      givingUp.hearSignals()
      const outcome = faults.length === 0 ? 'ok' : `FAULTS\n  ${faults.join('\n  ')}`
      console.log(
        `round ${number}: killed ${killed.join(', ')}; ${acknowledged} writes, ${unanswered} unanswered; ` +
          `recovered in ${recoveryMs} ms; ${outcome}`,
      )
      if (faults.length === 0) return
      faultyRounds += 1
      // The canary is found, so the run may end.
      if (values.forgetful) givingUp.giveUp()
    },
  })
  const writes = rounds.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  console.log(`${rounds.length} rounds, ${writes} acknowledged writes, ${faultyRounds} rounds with faults`)
} finally {
  await stack.stop()
}
process.exit(process.exitCode ?? (faultyRounds === 0 ? 0 : 1))
