import { rolloutChangeSchema, rolloutSchema, shadowReportSchema } from '../../shared/contract/rollout.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'

const path = '/api/rollout'

const read = defineRoute({
  method: 'GET',
  path,
  summary: 'Which workspaces the tiers answer',
  access: 'operator-named',
  takes: {},
  gives: enveloped(rolloutSchema),
  errors: ['figures_unavailable'],
  async handle({ services }) {
    const rollout = await services.monitoring.rollout()
    return rollout.ok ? ok(respondData(rollout.value)) : rollout
  },
})

const change = defineRoute({
  method: 'POST',
  path,
  summary: 'Change which workspaces the tiers answer; what is left out stays unchanged',
  description:
    'The change is in force everywhere one staleness bound after `unconfirmed` is 0, for which the answer waits up to three seconds. `{"mode": "off"}` freezes everything with one call.',
  access: 'operator-named',
  takes: { body: { schema: rolloutChangeSchema, bytesMax: limits.rolloutBodyBytesMax } },
  gives: enveloped(rolloutSchema),
  errors: ['rollout_changed', 'figures_unavailable'],
  async handle({ services, input, caller }) {
    const rollout = await services.monitoring.changeRollout(input.body, caller.by)
    return rollout.ok ? ok(respondData(rollout.value)) : rollout
  },
})

const shadow = defineRoute({
  method: 'GET',
  path: `${path}/shadow`,
  summary: 'What the comparisons of shadow found, by resource, and where answers differed',
  access: 'operator-named',
  takes: {},
  gives: enveloped(shadowReportSchema),
  errors: ['figures_unavailable'],
  async handle({ services }) {
    const report = await services.monitoring.shadowReport()
    return report.ok ? ok(respondData(report.value)) : report
  },
})

/** The routes of the rollout, for operators (SPEC 14). */
export const rolloutRoutes: readonly Route[] = [read, change, shadow]
