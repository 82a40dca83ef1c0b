import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../shared/contract/alerts.ts'
import { queueNames } from '../../../shared/contract/queue-names.ts'
import type { QueueMetrics } from '../../../shared/contract/queues.ts'
import { dataAreFor, ownerOf } from '../../../worker/dashboard/src/queues/job-owner.ts'
import { addressOf, parseShown } from '../../../worker/dashboard/src/queues/queue-address.ts'
import {
  mostOf,
  type QueueFigures,
  standingOf,
  totalsOf,
} from '../../../worker/dashboard/src/queues/queue-standing.ts'

function figures(more: Partial<QueueFigures> = {}): QueueFigures {
  return {
    ...{ waiting: 0, active: 0, completed: 0, failed: 0, delayed: 0 },
    ...{ isPaused: false, oldestWaitingMs: 0, isServed: true },
    lastHour: {
      ...{ completed: 0, failed: 0, failedRuns: 0, perMinute: 0, failureRate: 0 },
      ...{ waitMs: null, runMs: null },
    },
    ...more,
  }
}

function alert(rule: Alert['rule'], subject: string, state: Alert['state'] = 'firing'): Alert {
  return { name: `${rule}:${subject}`, rule, subject, severity: 'warning', state, since: null, value: null }
}

const metrics = (queues: QueueMetrics['queues']): QueueMetrics => ({
  queues,
  timestamp: '2026-11-26T13:00:00Z',
})

describe('the standing of a queue', () => {
  it('is paused before anything else', () => {
    const paused = figures({ isPaused: true, isServed: false, waiting: 9 })
    expect(standingOf('flows', paused, [alert('jobs_failing', 'flows')])).toMatchObject({ word: 'paused' })
  })

  it('is bad if jobs wait for a process, and quiet if none waits', () => {
    expect(standingOf('flows', figures({ isServed: false, waiting: 1 }), [])).toMatchObject({ tone: 'bad' })
    expect(standingOf('flows', figures({ isServed: false }), [])).toMatchObject({ tone: 'quiet' })
  })

  it('is what an alert says that fires for this queue, and no other alert', () => {
    const alerts = [
      alert('jobs_age', 'flows'),
      alert('jobs_failing', 'flows', 'pending'),
      alert('jobs_failing', 'emails'),
      alert('tier_away', 'flows'),
    ]
    expect(standingOf('flows', figures(), alerts)).toMatchObject({ tone: 'bad', word: 'late' })
    expect(standingOf('emails', figures(), alerts)).toMatchObject({ tone: 'bad', word: 'failing' })
    expect(standingOf('ai', figures(), alerts)).toEqual({ tone: 'good', word: 'running', sentence: null })
  })
})

describe('the queues together', () => {
  it('add up, and name the queue whose job has waited longest', () => {
    const lastHour = { ...figures().lastHour, completed: 6, failed: 2 }
    const totals = totalsOf(
      metrics({
        flows: figures({ waiting: 3, oldestWaitingMs: 500, failed: 1, lastHour }),
        emails: figures({ waiting: 4, oldestWaitingMs: 900, isPaused: true, delayed: 2 }),
      }),
    )
    expect(totals).toMatchObject({ waiting: 7, delayed: 2, failed: 1, paused: 1, endedInHour: 8 })
    expect(totals.oldest).toEqual({ queue: 'emails', ageMs: 900 })
    expect(totals.failureRate).toBe(0.25)
  })

  it('have no failure rate and no oldest job if nothing ran and nothing waits', () => {
    expect(totalsOf(metrics({}))).toMatchObject({ oldest: null, failureRate: null, waiting: 0 })
  })

  it('name the one with the most jobs in a state, or the first one', () => {
    expect(mostOf(metrics({ emails: figures({ failed: 2 }), ai: figures({ failed: 5 }) }), 'failed')).toBe(
      'ai',
    )
    expect(mostOf(metrics({}), 'failed')).toBe(queueNames[0])
  })
})

describe('the address of the queues', () => {
  it('names a queue and a state, and reads them back', () => {
    for (const queue of queueNames) {
      const rest = addressOf(queue, 'delayed', new URLSearchParams()).replace('#/queues/', '')
      expect(parseShown(rest)).toEqual({ queue, state: 'delayed' })
    }
  })

  it('keeps the period and the workspace that are chosen, whatever queue is looked at', () => {
    const query = new URLSearchParams({ span: '24h', of: 'workspace' })
    expect(addressOf('exports', 'failed', query)).toBe('#/queues/exports/failed?span=24h&of=workspace')
  })

  it('shows failed jobs, and no queue that does not exist', () => {
    for (const rest of ['', 'nothing', 'nothing/nothing', '/', '__proto__/failed'])
      expect(parseShown(rest)).toEqual({ queue: null, state: 'failed' })
    expect(parseShown('emails-in')).toEqual({ queue: 'emails-in', state: 'failed' })
  })
})

it('names the owner of a job in words, for the deployment too, which is no workspace', () => {
  expect([ownerOf('15213'), ownerOf(':deployment')]).toEqual(['workspace 15213', 'of the deployment'])
  expect(dataAreFor('15213')).toContain('admins of its workspace, 15213,')
  expect(dataAreFor(':deployment')).not.toContain(':deployment')
})
