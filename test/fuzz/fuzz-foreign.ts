import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { createTally, type FuzzReport, reduced } from './findings.ts'
import { foreignCase, pickAttacker } from './foreign-requests.ts'
import { supabaseCase } from './foreign-supabase.ts'
import { theirs } from './foreign-tokens.ts'
import type { ForeignWorld } from './foreign-world.ts'
import { type Place, sendCase } from './fuzz-malformed.ts'
import type { HttpAnswer } from './http-answers.ts'
import type { Fault } from './judge.ts'
import { forgedMail } from './mail-requests.ts'
import { type Reach, reachOf } from './reach.ts'
import { expandSegments, type RequestCase } from './request-case.ts'
import type { Target } from './targets.ts'
import type { Exchange } from './wire.ts'

interface ForeignOptions {
  readonly seed: number
  /**
   * The number of requests that get past the credentials of a guarded route. A request that ends there proves nothing
   * about the code behind.
   */
  readonly attempts: number
  readonly targets: readonly Target[]
  readonly place: Place
  readonly world: ForeignWorld
  /** Whether a member is removed during the run, which takes as long as a membership is remembered. */
  readonly hasRemoval?: boolean
  readonly isReduced?: boolean
}

export interface ForeignReport extends FuzzReport {
  readonly attempts: number
}

export const isPastCredentials = (reach: Reach) => reach !== 'path' && reach !== 'credentials'

const atOnce = 16
/** How often a request brings mail with claims about the other workspace. */
const forgedEvery = 40
/** A bound in case nothing gets past the credentials any more. */
const requestsPerAttemptMax = 2
/** In the last part of the attempts there is one more attacker, who was a member until then. */
const shareAfterRemoval = 0.2
const shareOfRemoved = 0.5

/** Tries to see or change another workspace's data, through Worker, origin and Supabase's interface. */
export async function fuzzForeign(options: ForeignOptions): Promise<ForeignReport> {
  const { seed, attempts, targets, place, world } = options
  const tally = createTally()
  const routes = new Set<string>()
  const { hasRemoval = true } = options
  const removalAt = hasRemoval ? Math.floor(attempts * (1 - shareAfterRemoval)) : attempts
  const requestsMax = attempts * requestsPerAttemptMax
  const open = new Set(targets.flatMap(({ side, path, isOpen }) => (isOpen ? [`${side} ${path}`] : [])))
  let next = 0
  let made = 0

  async function work(end: number): Promise<void> {
    while (made < end && next < requestsMax) {
      const index = next
      next += 1
      const request = attemptOf(options, seed, index, end > removalAt)
      routes.add(`${request.side} ${request.route}`)
      const exchanged = await sendCase(request, place)
      tally.countAnswers(request, exchanged)
      if (!open.has(`${request.side} ${request.route}`) && isAttempt(request, exchanged)) made += 1
      for (const fault of leaksOf(request, exchanged, { world, targets })) tally.note(fault, request)
    }
  }
  const workAll = (end: number) => Promise.all(Array.from({ length: atOnce }, () => work(end)))
  // The member is removed during the first part, because the Worker remembers a membership for a minute.
  await Promise.all([workAll(removalAt), hasRemoval ? world.removeMember() : null])
  await workAll(attempts)
  const shows = async (request: RequestCase, kind: string) =>
    leaksOf(request, await sendCase(request, place), { world, targets }).some((fault) => fault.kind === kind)
  const changes = await world.changes()
  const seen = options.isReduced === false ? tally.findings : await reduced(tally.findings, shows)
  const changed = changes.map((fault) => ({
    ...fault,
    side: 'supabase' as const,
    route: '',
    times: 1,
    replay: null,
  }))
  const { statuses, depths } = tally
  return { cases: next, attempts: made, routes, statuses, depths, findings: [...seen, ...changed] }
}

const isAttempt = ({ side }: RequestCase, { answers }: Exchange) =>
  answers.some((answer) => isPastCredentials(reachOf(side, answer)))

function attemptOf(
  { targets, world }: ForeignOptions,
  seed: number,
  index: number,
  isRemoved: boolean,
): RequestCase {
  const dice = createDice(createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0xc2b2ae35)))
  if (index % forgedEvery === 0) return forgedMail(world.loot.mail, dice)
  const isSupabase = dice.happens(0.4)
  const token = isRemoved && dice.happens(shareOfRemoved) ? 'removed' : pickAttacker(dice, !isSupabase)
  return isSupabase
    ? supabaseCase(world.catalog, world.loot, dice, token)
    : foreignCase(targets, world.loot, dice, token)
}

/**
 * The faults of an answer: it shows something of the other workspace, or it let in a caller who is not a member
 * there.
 */
function leaksOf(
  request: RequestCase,
  { answers }: Exchange,
  { world, targets }: Pick<ForeignOptions, 'world' | 'targets'>,
): Fault[] {
  const target = targets.find(({ side, path }) => side === request.side && path === request.route)
  return answers.flatMap((answer) => {
    const { status, headers, body } = answer
    const text = `${[...headers].join('\n')}\n${body.toString('utf8')}`
    if (world.shows(text))
      return [{ kind: `shows their rows to ${attackerOf(request)}`, seen: `${status} ${text.slice(0, 400)}` }]
    const etags = request.headers
      .filter(([name]) => name === 'If-None-Match')
      .flatMap(([, value]) => value.split(', '))
    if (status === 304 && etags.some((etag) => world.loot.etags.includes(etag)))
      return [{ kind: `tells ${attackerOf(request)} that their page is this`, seen: '304' }]
    return wasLetIn(request, answer, target)
      ? [{ kind: `lets in ${attackerOf(request)}`, seen: `${status} ${text.slice(0, 400)}` }]
      : []
  })
}

function attackerOf({ headers }: RequestCase): string {
  const names = headers.flatMap(([, value]) => /^(?:Bearer )?\{\{(\w+)\}\}$/.exec(value)?.[1] ?? [])
  return names.find((name) => !['host', 'publishable', 'key'].includes(name)) ?? 'nobody'
}

/**
 * Whether an answer shows that its caller was let in. The origin's routes for the Worker accept the Worker's key, and those that take
 * users' tokens accept our own admins, so there only the rows tell. Some of the Worker's routes name the workspace in the body.
 */
function wasLetIn(
  { side, route, headers, body, method }: RequestCase,
  { status }: HttpAnswer,
  target: Target | undefined,
): boolean {
  if (status >= 300 || method === 'OPTIONS' || target === undefined || target.isOpen) return false
  // Whatever a message names, the service that brings it may: only the rows tell where it went.
  if (target.access === 'email-sender') return false
  if (target.isOperators === true || target.isBoard === true || target.isForKey === true) return true
  if (side === 'origin') {
    const hasKey = headers.some(([, value]) => value === 'Bearer {{key}}')
    return !hasKey && target.takesTokens !== true
  }
  if (side !== 'worker' || method !== 'POST') return false
  if (route === '/api/cache/invalidate') return true
  return body !== null && namesTheirs(expandSegments(body))
}

function namesTheirs(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && Reflect.get(value, 'workspaceId') === theirs
  } catch {
    return false
  }
}
