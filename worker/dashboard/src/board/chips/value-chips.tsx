import './chips.css'
import type { Contact } from '../../../../client/index.ts'
import { priorityTones, statusTone, type Tone } from './value-tones.ts'

/** The status of a contact. Its colour has a shape of its own beside it, and the words say it all. */
export function StatusChip({ status }: { readonly status: string }) {
  return <ValueChip tone={statusTone(status)} shape={statusTone(status)} text={status} />
}

export function PriorityChip({ priority }: { readonly priority: Contact['priority'] }) {
  return <ValueChip tone={priorityTones[priority]} shape={priority} text={priority} />
}

interface ValueChipProps {
  readonly tone: Tone
  readonly shape: Tone | Contact['priority']
  readonly text: string
}

function ValueChip({ tone, shape, text }: ValueChipProps) {
  return (
    <span className={`chip chip-${tone}`} title={text}>
      <svg className="chip-shape" viewBox="0 0 10 10" aria-hidden="true" focusable="false">
        <path d={shapes[shape]} />
      </svg>
      <span className="chip-text">{text}</span>
    </span>
  )
}

const disc = 'M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z'

/** Each tone has a shape that can be told without its colour. */
const shapes: Readonly<Record<ValueChipProps['shape'], string>> = {
  high: 'M5 1l4.5 8h-9z',
  medium: 'M1 4h8v2.5H1z',
  low: 'M5 9L.5 1h9z',
  info: disc,
  good: 'M.8 5.2l1.4-1.4L4.2 5.8l4-4.6 1.5 1.3-5.4 6.2z',
  warn: 'M2 1h2.200v8H2zM5.8 1H8v8H5.8z',
  bad: 'M1.5 0L5 3.5 8.5 0 10 1.5 6.5 5 10 8.5 8.5 10 5 6.5 1.5 10 0 8.5 3.5 5 0 1.500z',
  quiet: 'M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM5 2.600a2.4 2.4 0 1 1 0 4.800a2.4 2.4 0 1 1 0-4.800z',
}
