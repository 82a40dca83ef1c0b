import { z } from 'zod'
import {
  boardReportSchema,
  historyReportSchema,
  hottestSchema,
  marksSchema,
  workspaceStatisticsSchema,
} from '../../shared/contract/figures.ts'
import { boardIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { resources } from '../../shared/resources/index.ts'
import { ok } from '../../shared/result.ts'
import { wholeNumber } from '../../shared/whole-number.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'

function hoursUpTo(max: number, byDefault: number) {
  return wholeNumber(1, max)
    .default(byDefault)
    .meta({ description: 'How many hours, the running one included.' })
}

const resourceNameSchema = z.enum(resources.map(({ name }) => name))

const history = defineRoute({
  method: 'GET',
  path: '/api/monitoring/history',
  summary: 'Reads by hour for up to 30 days, with their sums by resource and by route',
  access: 'operator',
  takes: {
    query: z.strictObject({
      hours: hoursUpTo(limits.hoursKeptMax, 24),
      resource: resourceNameSchema
        .optional()
        .meta({ description: 'The hours are those of this resource. The sums are always of all.' }),
    }),
  },
  gives: enveloped(historyReportSchema),
  errors: ['invalid_parameter', 'figures_unavailable'],
  async handle({ services, input: { query } }) {
    const report = await services.monitoring.history(query.hours, query.resource ?? null)
    return report.ok ? ok(respondData(report.value)) : report
  },
})

const marks = defineRoute({
  method: 'GET',
  path: '/api/monitoring/marks',
  summary: 'When versions of the Worker were first seen, and when alerts fired and were resolved',
  access: 'operator',
  takes: {},
  gives: enveloped(marksSchema),
  errors: ['figures_unavailable'],
  async handle({ services }) {
    const report = await services.monitoring.marks()
    return report.ok ? ok(respondData(report.value)) : report
  },
})

/** This names workspaces, so an admin of any workspace is not enough, even where no workspace operates the deployment. */
const hottest = defineRoute({
  method: 'GET',
  path: '/api/monitoring/hottest',
  summary: 'The most read keys and boards, and the fifty workspaces with the most misses',
  description:
    'Each list has fifty rows and says how much what it does not list can have. Keys are shown by digest and question: never a value, a search or contact data.',
  access: 'operator-named',
  takes: { query: z.strictObject({ hours: hoursUpTo(limits.causesHoursMax, 1) }) },
  gives: enveloped(hottestSchema),
  errors: ['invalid_parameter', 'figures_unavailable'],
  async handle({ services, input: { query } }) {
    const report = await services.monitoring.hottest(query.hours)
    return report.ok ? ok(respondData(report.value)) : report
  },
})

const board = defineRoute({
  method: 'GET',
  path: '/api/monitoring/hottest/board',
  summary: 'The reads and misses of one board',
  access: 'operator-named',
  takes: {
    query: z.strictObject({
      workspace_id: workspaceIdSchema,
      board_id: boardIdSchema,
      hours: hoursUpTo(limits.causesHoursMax, 1),
    }),
  },
  gives: enveloped(boardReportSchema),
  errors: ['invalid_parameter', 'figures_unavailable'],
  async handle({ services, input: { query } }) {
    const report = await services.monitoring.board(query.workspace_id, query.board_id, query.hours)
    return report.ok ? ok(respondData(report.value)) : report
  },
})

const statistics = defineRoute({
  method: 'GET',
  path: '/api/workspace/statistics',
  summary: 'The reads of the workspace by hour, for up to a week, and by resource',
  access: 'admin',
  takes: { query: z.strictObject({ hours: hoursUpTo(limits.workspaceHoursMax, 24) }) },
  gives: enveloped(workspaceStatisticsSchema),
  errors: ['invalid_parameter', 'figures_unavailable'],
  async handle({ services, caller: { workspaceId }, input: { query } }) {
    const report = await services.monitoring.workspaceStatistics(workspaceId, query.hours)
    return report.ok ? ok(respondData(report.value)) : report
  },
})

/** Figures by hour, and where reads and misses come from. */
export const figureRoutes: readonly Route[] = [history, marks, hottest, board, statistics]
