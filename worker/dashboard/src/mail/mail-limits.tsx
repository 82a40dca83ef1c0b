import { useState } from 'react'
import { type MailSettings, mailSettingsSchema } from '../../../../shared/contract/inbound-email-figures.ts'
import { limits } from '../../../../shared/limits.ts'
import { ApiFailure } from '../api/failure.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { useChangeMailSettings, useMailSettings } from './use-mail.ts'

/** The limits of the workspace, which its admins change. */
export function MailLimits() {
  const { workspace } = usePlace()
  const settings = useMailSettings()
  if (settings.error instanceof ApiFailure && settings.error.status === 403) return null
  return (
    <Panel title="Limits of senders">
      {settings.isError && <FailureNotice error={settings.error} retry={() => void settings.refetch()} />}
      {settings.isPending && <Waiting what="the limits" />}
      {settings.data !== undefined && <LimitsForm key={workspace.id} settings={settings.data} />}
    </Panel>
  )
}

interface Draft {
  readonly senderPerHour: string
  readonly domainPerHour: string
  readonly exemptSenders: string
  readonly exemptDomains: string
}

function draftOf({ senderPerHour, domainPerHour, exemptSenders, exemptDomains }: MailSettings): Draft {
  return {
    senderPerHour: String(senderPerHour),
    domainPerHour: String(domainPerHour),
    exemptSenders: exemptSenders.join('\n'),
    exemptDomains: exemptDomains.join('\n'),
  }
}

const linesOf = (text: string) =>
  text
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** Null if a number is none. The API checks the rest, and says what is wrong. */
function settingsOf(draft: Draft): MailSettings | null {
  const parsed = mailSettingsSchema.safeParse({
    senderPerHour: Number(draft.senderPerHour),
    domainPerHour: Number(draft.domainPerHour),
    exemptSenders: linesOf(draft.exemptSenders),
    exemptDomains: linesOf(draft.exemptDomains),
  })
  return parsed.success ? parsed.data : null
}

function LimitsForm({ settings }: { settings: MailSettings }) {
  const change = useChangeMailSettings()
  const [edited, setEdited] = useState<Draft | null>(null)
  const draft = edited ?? draftOf(settings)
  const asked = settingsOf(draft)
  const field = (name: keyof Draft) => ({
    value: draft[name],
    onChange: ({ target }: { readonly target: { readonly value: string } }) =>
      setEdited((before) => ({ ...(before ?? draft), [name]: target.value })),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (asked !== null) change.mutate(asked, { onSuccess: () => setEdited(null) })
      }}
    >
      <div className="fields">
        <label className="field">
          <span>Messages of a sender in any hour</span>
          <input inputMode="numeric" {...field('senderPerHour')} />
        </label>
        <label className="field">
          <span>Messages of a domain in any hour</span>
          <input inputMode="numeric" {...field('domainPerHour')} />
        </label>
        <label className="field">
          <span>Senders without a limit, one a line</span>
          <textarea rows={3} {...field('exemptSenders')} />
        </label>
        <label className="field">
          <span>Domains without a limit, one a line</span>
          <textarea rows={3} {...field('exemptDomains')} />
        </label>
        <button type="submit" className="primary" disabled={asked === null || change.isPending}>
          Save limits
        </button>
      </div>
      {asked === null && (
        <Notice tone="info">
          A limit is a whole number from 1 to {limits.mailsOfOneMax}, and each list has at most{' '}
          {limits.mailExemptionsMax} addresses or domains.
        </Notice>
      )}
      {change.isError && <FailureNotice error={change.error} />}
      {change.isSuccess && edited === null && <Notice tone="good">The limits are saved.</Notice>}
    </form>
  )
}
