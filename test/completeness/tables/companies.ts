import { instant, name, someText, type TableGroup, type Values, withNew, workspaceId } from './values.ts'

const companyId: Values = [`'x1'`, `'x2'`, `'x3'`]

/** Companies and their domains. */
export const companyTables: TableGroup = {
  written: {
    'public.companies': {
      by: 'statements',
      values: {
        ...{
          workspace_id: workspaceId,
          id: withNew(companyId, 'x'),
          name,
          website: someText,
          industry: someText,
        },
        employees: ['null', '0', '12'],
        ...{ created_at: instant, updated_at: instant },
      },
    },
    'public.company_domains': {
      by: 'statements',
      values: {
        ...{ workspace_id: workspaceId, company_id: companyId, created_at: instant },
        domain: [
          `'alder.example'`,
          `'www.alder.example'`,
          `'ek.example'`,
          `'xn--st-eka.example'`,
          `'new-1.example'`,
          `'new-2.example'`,
        ],
      },
    },
  },
  calls: [],
  content: `
    insert into public.companies (workspace_id, id, name)
      select w.id, x, 'Company ' || x from public.workspaces w, unnest(array['x1', 'x2']) x;
    insert into public.company_domains (workspace_id, domain, company_id)
      select workspace_id, case id when 'x1' then 'alder.example' else 'ek.example' end, id from public.companies;
    update public.contacts c set company_id = 'x' || 1 + length(c.name) % 2 where c.workspace_id <> 'w4';`,
}
