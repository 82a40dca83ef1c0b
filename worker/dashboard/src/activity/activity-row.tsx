import { memo, useId, useState } from 'react'
import type { SettingChange } from '../../../../shared/contract/activity.ts'
import { linkToContact } from '../board/contact-panel/link-to-contact.ts'
import { formatValue, ruleOfName } from '../live/alert-words.ts'
import { useAlertReport } from '../live/use-alert-report.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { formatClock, formatDayIfPast, unknown } from '../parts/format.ts'
import { Version } from '../parts/version.tsx'
import { usePlace } from '../place.ts'
import { settingText } from '../resources/setting-titles.ts'
import { authorText, causeTitles, kindTitles, sentenceOf, touchedBy } from './activity-words.ts'
import type { ActivityItem } from './feed.ts'
import { boardsOf, meaningOfMove, type PlaceNames } from './place-names.ts'

interface ActivityRowProps {
  readonly item: ActivityItem
  readonly names: PlaceNames
}

/** An item in one line, which opens to show all of it. */
export const ActivityRow = memo(function ActivityRow({ item, names }: ActivityRowProps) {
  const { user } = usePlace()
  const [isOpen, setIsOpen] = useState(false)
  const id = useId()
  const author = authorText(item.by, user.id)
  const tone = toneOf(item)
  return (
    <li>
      <button
        type="button"
        className="plain activity-head"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        <time className="quiet" dateTime={item.at ?? undefined} title={item.at ?? undefined}>
          {timeText(item.at)}
        </time>
        <span className={tone === null ? 'state' : `state state-${tone}`}>{kindTitles[item.kind]}</span>
        <span className="activity-what">
          <bdi>{sentenceOf(item)}</bdi>
          {author !== null && <span className="quiet"> {author}</span>}
        </span>
        <span className="activity-version quiet small">
          {'tags' in item && item.version !== null && (
            <>
              version <Version version={item.version} base={null} />
            </>
          )}
        </span>
      </button>
      <div id={id} hidden={!isOpen} className="activity-more">
        {isOpen && <Whole item={item} names={names} />}
      </div>
    </li>
  )
})

function toneOf(item: ActivityItem): 'good' | 'warn' | 'bad' | null {
  if (item.kind !== 'alert') return null
  if (item.to === 'firing') return item.severity === 'critical' ? 'bad' : 'warn'
  return item.to === 'resolved' ? 'good' : null
}

/** The time of day, and the day if it is another one than today. */
function timeText(at: string | null): string {
  if (at === null) return unknown
  return formatDayIfPast(Date.parse(at), formatClock(at))
}

function Whole({ item, names }: ActivityRowProps) {
  const { user, workspace } = usePlace()
  const tags = 'tags' in item ? item.tags : []
  const touched = touchedBy(item, boardsOf(tags, names), workspace.role === 'admin')
  return (
    <>
      <dl className="activity-facts">
        <Fact title="When">{item.at ?? 'before this feed was kept'}</Fact>
        {'cause' in item && item.cause !== null && <Fact title="Cause">{causeTitles[item.cause]}</Fact>}
        <Fact title="By">
          {authorText(item.by, user.id)?.replace(/^(by|with) /, '') ?? 'nobody that is known'}
        </Fact>
        {'tags' in item && item.version !== null && (
          <Fact title="Version">
            {item.version} <CopyButton label={`version ${item.version}`} text={String(item.version)} />
          </Fact>
        )}
        {item.kind === 'alert' && <AlertFacts alert={item} />}
        {item.kind === 'invalidation' &&
          item.event !== null &&
          idsOf(item.event).map(([name, value]) => (
            <Fact key={name} title={name}>
              {name === 'contactId' ? (
                <a href={linkToContact(value, item.event?.boardId)}>
                  <bdi>{value}</bdi>
                </a>
              ) : (
                <bdi>{value}</bdi>
              )}{' '}
              {name !== 'action' && <CopyButton label={name} text={value} />}
            </Fact>
          ))}
      </dl>
      {'changes' in item && <Changes changes={item.changes} more={item.changesMore} />}
      {tags.length > 0 && (
        <ul className="activity-tags" aria-label="Moved tags">
          {tags.map((tag) => (
            <li key={tag}>
              <code>{tag}</code> <bdi className="quiet">{meaningOfMove(tag, names)}</bdi>
            </li>
          ))}
          {'tagsMore' in item && item.tagsMore > 0 && <li className="quiet">and {item.tagsMore} more</li>}
        </ul>
      )}
      <p className="row activity-links">
        {touched.map(({ title, address }) => (
          <a key={address} href={address} dir="auto">
            {title}
          </a>
        ))}
      </p>
    </>
  )
}

/** The rule's own words say what an alert means for readers. */
function AlertFacts({ alert }: { alert: Extract<ActivityItem, { kind: 'alert' }> }) {
  const { name, value, threshold, unit, from, to } = alert
  const rule = useAlertReport().data?.rules.find((each) => each.rule === ruleOfName(name))
  return (
    <>
      <Fact title="Meaning">{rule?.description ?? unknown}</Fact>
      <Fact title="Value">
        {formatValue(value, unit)}, threshold {formatValue(threshold, unit)}; {from} → {to}
      </Fact>
    </>
  )
}

/** The ids of a reported event, by the names that the API has for them. */
function idsOf(event: object): [name: string, value: string][] {
  return Object.entries(event).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
}

function Fact({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Changes({ changes, more }: { changes: readonly SettingChange[]; more: number }) {
  return (
    <table className="grid-table activity-changes">
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ name, from, to }) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td>{settingText(from)}</td>
            <td>{settingText(to)}</td>
          </tr>
        ))}
        {more > 0 && (
          <tr>
            <td colSpan={3}>and {more} more</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}
