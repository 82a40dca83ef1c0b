import { describe, expect, it } from 'vitest'
import type { HistoryReport } from '../../../shared/contract/figures.ts'
import {
  causeRows,
  choiceIn,
  formatBetween,
  inspectedParameters,
  questionWords,
  sorts,
} from '../../../worker/dashboard/src/causes/cause-rows.ts'

const figures = { requests: 10, errors: 0, client_errors: 0, hit_rate: 0.5, avg_ms: 5, worst_p95_ms: 9 }
const report: Pick<HistoryReport, 'resources' | 'routes'> = {
  resources: [
    { ...figures, resource: 'contact-list', hits: 5, misses: 5 },
    { ...figures, resource: 'contact', requests: 4, hits: 1, misses: 3, errors: 2, worst_p95_ms: 90 },
  ],
  routes: [
    { ...figures, route: '/api/boards/{boardId}/contacts', resource: 'contact-list' },
    { ...figures, route: '/health', resource: null, hit_rate: null, client_errors: 1 },
  ],
}
const whole: HistoryReport = {
  ...report,
  ...{ from_ms: 0, to_ms: 1, kept_from_ms: 0 },
  hours: {
    ...{ at_ms: [], requests: [], hits: [], errors: [], client_errors: [] },
    ...{ avg_ms: [], p50_ms: [], p95_ms: [], p99_ms: [] },
    sources: { memory: [], edge_cache: [], cloudflare_kv: [], redis_cache: [], database: [] },
  },
}

describe('the rows of a breakdown', () => {
  it.each([
    ['requests', 'contact-list'],
    ['misses', 'contact-list'],
    ['errors', 'contact'],
    ['time', 'contact'],
  ] as const)('begin with the first by %s', (sort, first) => {
    expect(causeRows(whole, 'resource', sort)[0]?.name).toBe(first)
  })

  it('give a route the misses of its resource, and none to others', () => {
    const [board, health] = causeRows(whole, 'route', 'misses')
    expect([board?.misses, health?.misses]).toEqual([5, null])
    expect(causeRows(whole, 'route', 'errors')[0]?.name).toBe('/health')
  })
})

describe('the words of causes', () => {
  it('say a bound where a count is not exact', () => {
    expect([formatBetween(1_204, 1_204), formatBetween(1_204, 1_230)]).toEqual(['1,204', '1,204–1,230'])
  })

  it('describe a question without what is hidden', () => {
    const question = {
      params: { boardId: 'board_1', filter: 'open', page: 2, perPage: 50 },
      hidden: ['search'],
    }
    expect(questionWords(question)).toBe('board board_1, filter open, page 2, with search')
  })

  it('ask the inspector with the names of the API, and not at all for half a question', () => {
    const declared = ['boardId', 'per_page', 'page', 'search'].map((name) => ({ name }))
    const params = { boardId: 'board_1', perPage: 50, page: 2 }
    expect(inspectedParameters({ params, hidden: [] }, declared)).toEqual({
      boardId: 'board_1',
      per_page: '50',
      page: '2',
    })
    expect(inspectedParameters({ params, hidden: ['search'] }, declared)).toBeNull()
  })

  it('take a choice from the address, or the first one', () => {
    expect(choiceIn(sorts, 'misses', 'requests')).toBe('misses')
    expect(choiceIn(sorts, 'nonsense', 'requests')).toBe('requests')
    expect(choiceIn(sorts, null, 'requests')).toBe('requests')
  })
})
