-- Companies with their domains, and the fields of a contact that a voice agent needs: a lead is a contact.

-- Ids and instants of the tables from here on. An id is printable text without white space, `/` or `:`, and none is a
-- segment that a URL drops or the name of a route below the id's own (shared/ids.ts).
create domain private.identifier as text collate "C" constraint identifier_form check (
  char_length(value) between 1 and 128 and value !~ '[[:space:][:cntrl:]/:]'
  and value not in ('.', '..', 'by-domain', 'by-email', 'by-phone', 'import', 'me')
);
create domain private.instant as timestamptz constraint instant_known check (
  value >= '0001-01-01 00:00:00+00' and value < '10000-01-01 00:00:00+00'
);

create table public.companies (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  name text not null,
  website text,
  industry text,
  employees integer,
  created_at private.instant not null default now(),
  updated_at private.instant not null default now(),
  primary key (workspace_id, id),
  constraint companies_name_form check (char_length(name) between 1 and 200 and name !~ '[[:cntrl:]]' collate "C"),
  constraint companies_texts_length check (
    char_length(website) between 1 and 500 and char_length(industry) between 1 and 100
  ),
  constraint companies_employees_known check (employees >= 0)
);

-- A domain belongs to one company of a workspace. It is in ASCII and in lower case: an internationalized one is stored
-- in its `xn--` form.
create table public.company_domains (
  workspace_id text collate "C" not null,
  domain text collate "C" not null,
  company_id private.identifier not null,
  created_at private.instant not null default now(),
  primary key (workspace_id, domain),
  foreign key (workspace_id, company_id) references public.companies (workspace_id, id) on delete cascade,
  constraint company_domains_form check (
    char_length(domain) between 3 and 253 and domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$'
  )
);

create index company_domains_by_company on public.company_domains (workspace_id, company_id);

-- A contact names its company as it names its assignee: by an id without a foreign key, so that no write of a contact
-- looks at another table. A company that does not exist is shown as none. The constraints are not valid at first, which
-- reads no row; the new columns are empty, so that there is nothing to validate.
alter table public.contacts
  add column company_id text collate "C",
  add column language text,
  add column follow_up_at timestamptz;

alter table public.contacts
  add constraint contacts_company_id_length check (char_length(company_id) between 1 and 128) not valid,
  add constraint contacts_language_length check (char_length(language) between 2 and 35) not valid,
  add constraint contacts_follow_up_at_known check (
    follow_up_at >= '0001-01-01 00:00:00+00' and follow_up_at < '10000-01-01 00:00:00+00'
  ) not valid;

grant update (company_id, language, follow_up_at) on public.contacts to authenticated;
