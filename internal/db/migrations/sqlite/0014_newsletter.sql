-- +goose Up

create table newsletter (
  id text primary key not null,
  lang text not null,
  slug text not null,
  name text not null,
  about text not null,
  open integer not null, -- takes subscribers
  created integer not null
) strict;
create unique index newsletter_address on newsletter (lang, slug);

-- Who reads one. The address is sealed; the mark tells only that it is there.
create table newsletter_subscriber (
  id text primary key not null,
  newsletter text not null references newsletter (id),
  mark blob not null,
  sealed blob not null,
  day text not null
) strict;
create unique index newsletter_subscriber_mark on newsletter_subscriber (newsletter, mark);
create index newsletter_subscriber_order on newsletter_subscriber (newsletter, id);

create table newsletter_issue (
  id text primary key not null,
  newsletter text not null references newsletter (id),
  version integer not null, -- counts the saves
  subject text not null,
  intro text not null,
  stories text not null, -- JSON list of ids, in their order
  items text not null, -- JSON, what it said of each story when it was sent
  state text not null check (state in ('draft', 'sending', 'sent')),
  cursor text not null, -- the subscriber whose mail was planned last
  planned integer not null,
  updated integer not null,
  sent integer not null
) strict;
create index newsletter_issue_order on newsletter_issue (newsletter, updated desc, id desc);

-- Which issues carried a story, and what was said of it since.
create table newsletter_item (
  story text not null,
  issue text not null references newsletter_issue (id),
  corrected integer not null, -- 0, or when the story was corrected after the issue left
  seen integer not null, -- an editor has dealt with it
  primary key (story, issue)
) strict;
create index newsletter_item_open on newsletter_item (seen, corrected desc, issue);
