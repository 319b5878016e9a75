-- +goose Up

-- One row an attributed statement.
create table statement (
  id text primary key not null,
  latest integer not null, -- its newest version
  shown integer not null, -- the one that readers see, 0: none
  places integer not null, -- in how many published stories it stands
  said integer not null, -- by the version shown, for lists of what is public
  published integer not null, -- first time, 0: never
  changed integer not null, -- when readers last got another version
  checked integer not null, -- the version that a second person checked, 0: none
  checker text not null,
  created integer not null,
  updated integer not null
) strict;
create index statement_public on statement (published desc, id desc) where places > 0;
create index statement_updated on statement (updated desc, id desc);

-- Every version, whole. Rows are never changed.
create table statement_version (
  statement text not null references statement (id),
  version integer not null,
  at integer not null,
  member text not null, -- shown inside the desk only
  doc text not null, -- JSON: what readers may see
  sealed blob not null, -- what they never see
  note text not null, -- what readers are told of the change
  announced integer not null, -- when readers got it, 0: not, or with its story
  primary key (statement, version)
) strict;

-- Who may open what is sealed.
create table statement_reader (
  statement text not null references statement (id),
  member text not null,
  primary key (statement, member)
) strict;

-- Files of evidence, sealed.
create table statement_file (
  id text primary key not null,
  statement text not null references statement (id),
  sealed blob not null,
  size integer not null,
  at integer not null
) strict;
create index statement_file_statement on statement_file (statement);

-- Where the newest text of a story carries it, and the words it stands on.
create table statement_anchor (
  story text not null,
  statement text not null references statement (id),
  n integer not null,
  words text not null, -- SHA-256 of the marked words
  primary key (story, statement)
) strict;
create index statement_anchor_statement on statement_anchor (statement, story);

-- Where readers meet it.
create table statement_place (
  story text not null,
  statement text not null references statement (id),
  n integer not null,
  lang text not null,
  primary key (story, statement)
) strict;
create index statement_place_statement on statement_place (statement, story);

-- Whom and what it names: shown 0 by its newest version, 1 by the one readers see.
create table statement_entity (
  statement text not null references statement (id),
  shown integer not null,
  part text not null, -- who, body, addressee, about, topic, place
  n integer not null,
  entity text not null,
  said integer not null,
  primary key (statement, shown, part, n)
) strict;
create index statement_entity_entity on statement_entity (entity, shown, part, said desc, statement desc);

-- What moved when two entries became one or one became two.
create table statement_moved (
  move text not null,
  statement text not null,
  shown integer not null,
  part text not null,
  n integer not null,
  primary key (move, statement, shown, part, n)
) strict;

-- Those who are quoted, for the lists of people and bodies: the latest first.
create table statement_speaker (
  entity text primary key not null,
  kind text not null,
  statements integer not null,
  last integer not null
) strict;
create index statement_speaker_last on statement_speaker (kind, last desc, entity desc);

-- One statement denies, contradicts or repeats another, as an editor marked.
create table statement_link (
  source text not null references statement (id),
  target text not null references statement (id),
  kind text not null check (kind in ('denies', 'contradicts', 'repeats')),
  at integer not null,
  member text not null,
  primary key (source, target, kind)
) strict;
create index statement_link_target on statement_link (target, source, kind);

-- Leave to publish an accusation whose evidence nobody assessed.
create table statement_leave (
  statement text not null references statement (id),
  version integer not null,
  reason text not null,
  asked integer not null,
  asker text not null,
  given integer not null, -- 0: not yet
  giver text not null,
  primary key (statement, version)
) strict;

-- Suggestions that an editor turned down: test cases for the suggester.
create table statement_rejected (
  id text primary key not null,
  story text not null,
  mark text not null, -- SHA-256 of what was suggested
  at integer not null,
  lang text not null,
  excerpt text not null,
  suggestion text not null, -- JSON
  reason text not null
) strict;
create unique index statement_rejected_mark on statement_rejected (story, mark);
create index statement_rejected_at on statement_rejected (at, id);

-- Running stories.
create table running (
  id text primary key not null,
  slug text not null,
  doc text not null, -- JSON: titles and descriptions by language
  version integer not null,
  created integer not null,
  updated integer not null
) strict;
create index running_updated on running (updated desc, id desc);
create table running_slug (
  slug text primary key not null,
  running text not null references running (id),
  since integer not null
) strict;
create table running_story (
  running text not null references running (id),
  story text not null,
  added integer not null,
  primary key (running, story)
) strict;
create index running_story_story on running_story (story, running);
create table running_version (
  running text not null references running (id),
  version integer not null,
  at integer not null,
  member text not null,
  doc text not null, -- JSON: all of it, the stories included
  primary key (running, version)
) strict;
