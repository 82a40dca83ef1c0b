import type { CheckReport, Report } from './report.ts'

/** The report as Markdown, for people: the verdict first, then what is wrong, then what was measured. */
export function reportText(report: Report): string {
  const { counts, plan } = report
  const figures = report.checks.flatMap(({ figures }) => figures)
  return [
    `# Validation of ${report.url}: ${report.verdict}`,
    '',
    `Canary workspace \`${report.workspace}\`, ${report.startedAt}, ${seconds(report.durationMs)}${report.isQuick ? ' (quick)' : ''}. ` +
      `${counts.passed} checks passed, ${counts.failed} failed, ${counts.skipped} skipped${unfinished(counts.unfinished)}. ` +
      `${report.requests} requests of at most ${plan.requestsMax}.`,
    ...section('Wrong', wrongLines(report)),
    ...section('Checks', [
      '| check | outcome | proves | requests | took |',
      '| --- | --- | --- | --- | --- |',
      ...report.checks.map(checkRow),
    ]),
    ...section(
      'Figures',
      figures.length === 0
        ? []
        : [
            '| ms | rounds | p50 | p95 | p99 | max | bound |',
            '| --- | --- | --- | --- | --- | --- | --- |',
            ...figures.map(
              ({ name, count, p50, p95, p99, max, bound }) =>
                `| ${name} | ${count} | ${p50} | ${p95} | ${p99} | ${max} | ${bound ?? 'none given'} |`,
            ),
          ],
    ),
    ...section(
      'Notes',
      report.checks.flatMap(({ name, notes }) => notes.map((note) => `- ${name}: ${note}`)),
    ),
    '',
  ].join('\n')
}

const unfinished = (count: number) => (count === 0 ? '' : `, ${count} did not finish`)
const seconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(1)} s`

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines]
}

function wrongLines({ checks, left }: Report): string[] {
  return [
    ...checks.flatMap(({ name, findings, findingsMore, outcome }) => [
      ...findings.map(({ expected, saw }) => `- **${name}**: ${expected}. Seen: ${saw}.`),
      ...(findingsMore > 0 ? [`- **${name}**: ${findingsMore} more like these.`] : []),
      ...(outcome === 'unfinished' ? [`- **${name}**: the run ended before this check did.`] : []),
    ]),
    ...left.map((what) => `- **left behind**: ${what}`),
  ]
}

function checkRow({ name, outcome, title, reason, requests, durationMs }: CheckReport): string {
  const shown = reason === null ? title : `${title} (skipped: ${reason})`
  return `| ${name} | ${outcome === 'failed' ? '**failed**' : outcome} | ${shown} | ${requests} | ${seconds(durationMs)} |`
}
