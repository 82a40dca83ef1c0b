import { z } from 'zod'
import { NotApplicable, Unmet } from '../check-endings.ts'
import type { Ask } from '../deployment.ts'
import { describeAnswer, parseJson } from '../probe-contact.ts'
import type { Check, Run } from '../run.ts'
import { awaitSighting, isHit, questionsWithin } from '../sightings.ts'

const path = '/api/rollout'
const readPath = '/api/workspace/config'
/** Of the setting (`GET /api/rollout`), what this check reads. */
const settingSchema = z.object({
  data: z.looseObject({ mode: z.string(), deny: z.array(z.string()), version: z.int() }),
})
type Setting = z.output<typeof settingSchema>['data']

/** Only the canary is switched: it comes onto the deny list, which takes a workspace out of the cache in every mode, and leaves it again. */
export const killSwitch: Check = {
  name: 'kill-switch',
  title: 'the rollout can be read, and takes a workspace out of the cache within the bound',
  needsCanary: true,
  skippedBecause: ({ internalAuthKey }) => (internalAuthKey === null ? 'INTERNAL_AUTH_KEY is not set' : null),
  requestsMax: ({ stalenessBoundMs }) => 6 + 2 * questionsWithin(stalenessBoundMs),
  writes: 'with --switch-rollout, the deny list of the rollout: the canary is added and removed',
  async run(run) {
    const setting = await readSetting(run.ask)
    run.note(`mode ${setting.mode}`)
    const { workspaceId, maySwitchRollout } = run.given
    if (!maySwitchRollout) {
      run.note('the rollout was read and not switched: --switch-rollout is not given')
      return
    }
    if (setting.mode === 'off' || setting.deny.includes(workspaceId)) {
      run.note('the canary is out of the cache already, so nothing was switched')
      return
    }
    run.atTheEnd('the canary is off the deny list of the rollout', (ask) => deny(ask, workspaceId, false))
    await deny(run.ask, workspaceId, true)
    await awaitCache(run, false)
    await deny(run.ask, workspaceId, false)
    await awaitCache(run, true)
  },
}

async function readSetting(ask: Ask): Promise<Setting> {
  const answer = await ask(path, { as: 'service' })
  if (answer.status === 404) throw new NotApplicable('this deployment has no rollout setting')
  const parsed = settingSchema.safeParse(parseJson(answer.text))
  if (answer.status !== 200 || !parsed.success)
    throw new Unmet('the internal key reads the rollout', describeAnswer(answer))
  return parsed.data.data
}

/** Changes the list as it is at this moment, and only if nobody changed it since, so that no operator's change is lost. */
async function deny(ask: Ask, workspaceId: string, isDenied: boolean): Promise<void> {
  const { deny: denied, version } = await readSetting(ask)
  if (denied.includes(workspaceId) === isDenied) return
  const others = denied.filter((id) => id !== workspaceId)
  const answer = await ask(path, {
    as: 'service',
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ deny: isDenied ? [...others, workspaceId] : others, version }),
  })
  if (answer.status !== 200) throw new Unmet('the internal key changes the rollout', describeAnswer(answer))
}

async function awaitCache(run: Run, isIn: boolean): Promise<void> {
  const { stalenessBoundMs: boundMs } = run.given
  const sinceMs = performance.now()
  const seen = await awaitSighting(
    run,
    { sinceMs, boundMs },
    () => run.ask(readPath, { isTimed: true }),
    (answer) => isHit(answer) === isIn,
  )
  const what = isIn ? 'back in the cache' : 'out of the cache'
  if (seen.isInTime) run.figure(`the rollout, until the canary is ${what}`, [seen.tookMs], `${boundMs} ms`)
  else run.fail(`the canary is ${what} within ${boundMs} ms`, 'it is not')
}
