import type { ProjectFile } from './project.ts'
import { type Rule, withSyntax } from './rules.ts'

/** The rooms whose comments have been rewritten in plain words. A room joins by being named here. */
const roomsInPlainWords: readonly string[] = [
  ...['worker/auth/', 'worker/cache/', 'worker/entry/', 'worker/http/', 'worker/ledger/', 'worker/routes/'],
  ...['worker/deployment/', 'worker/tiers/', 'worker/outbound/', 'worker/rate-limits/', 'worker/platform/'],
  ...['worker/events.ts', 'worker/config.ts', 'worker/dashboard/src/', 'origin/local/'],
  ...['shared/auth/', 'shared/contract/alerts.ts', 'shared/contract/cursor.ts', 'shared/contract/errors.ts'],
  ...['shared/contract/fault-sentences.ts', 'shared/contract/json.ts', 'shared/contract/monitoring.ts'],
  ...['shared/contract/service-url.ts', 'shared/contract/tier-names.ts', 'shared/contract/trace.ts'],
  ...[
    'origin/auth/',
    'origin/contacts/',
    'origin/database/',
    'origin/http/',
    'origin/loaders/',
    'origin/outbox/',
  ],
  ...['origin/routes/', 'origin/upkeep/', 'origin/app.ts', 'origin/config.ts', 'origin/failures.ts'],
  ...['origin/index.ts', 'test/unit/origin/', 'test/database/'],
  ...['shared/clock.ts', 'shared/instant.ts', 'shared/single-flight.ts', 'shared/sliding-window.ts'],
  ...[
    'shared/storable-text.ts',
    'shared/text.ts',
    'test/unit/deployment/',
    'test/unit/tiers/',
    'test/browser/',
  ],
  ...['test/bench/', 'test/chaos/', 'test/conformance/', 'test/contract/', 'test/e2e/', 'test/fuzz/'],
  ...['test/simulation/', 'test/stack/', 'test/support/', 'test/worker/', 'test/vitest.config.ts'],
  ...['test/tidy/'],
]

/** Phrases that make a sentence hard to follow, and sentences without a subject that is a thing or a person. */
const phrases = [
  /\b(?:is|are|was|were) told of\b/i,
  /\banew\b/i,
  /\b(?:moves?|moved) on\b/i,
  /^(?:Who|Whoever|Whose|What|That it|Until when)\b[^?]*$/,
]

export const commentsAreInPlainWords: Rule = (files) =>
  withSyntax(files.filter(isInPlainWords)).flatMap(({ path, comments }) =>
    comments.flatMap(({ line, text }) =>
      sentencesOf(text)
        .filter((sentence) => phrases.some((phrase) => phrase.test(sentence)))
        .map((sentence) => `${path}:${line} says "${sentence}"`),
    ),
  )

function isInPlainWords({ path }: ProjectFile): boolean {
  return roomsInPlainWords.some((room) => path.startsWith(room))
}

function sentencesOf(comment: string): string[] {
  const text = comment
    .replaceAll(/^\s*\*+/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return text.split(/(?<=[.!?]) /)
}
