import type { ProjectFile } from './project.ts'
import { type Rule, withSyntax } from './rules.ts'

/** The rooms whose comments have been rewritten in plain words. A room joins by being named here. */
const roomsInPlainWords: readonly string[] = [
  ...['shared/', 'worker/app.ts', 'worker/config.ts', 'worker/env.ts', 'worker/events.ts', 'worker/index.ts'],
  ...['worker/services.ts', 'worker/auth/', 'worker/cache/', 'worker/deployment/', 'worker/entry/'],
  ...['worker/http/', 'worker/ledger/', 'worker/outbound/', 'worker/platform/', 'worker/rate-limits/'],
  ...['worker/routes/', 'worker/tiers/', 'worker/dashboard/src/api/', 'worker/dashboard/src/auth/'],
  ...['worker/dashboard/src/board/', 'worker/dashboard/src/live/', 'worker/dashboard/src/parts/'],
  ...['test/unit/deployment/', 'test/unit/tiers/', 'test/browser/', 'test/unit/auth/', 'test/unit/cache/'],
  ...['test/unit/config/', 'test/unit/contract/', 'test/unit/entry/', 'test/unit/http/', 'test/unit/ledger/'],
  ...['test/unit/outbound/', 'test/unit/platform/', 'test/unit/rate-limits/', 'test/unit/resources/'],
  ...['test/unit/routes/', 'test/unit/tags/', 'test/unit/ids.test.ts', 'test/unit/single-flight.test.ts'],
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
