-- +goose Up

-- One row an attributed statement.
create table statement (
  id text collate "C" primary key not null,
  latest bigint not null, -- its newest version
  shown bigint not null, -- the one that readers see, 0: none
  places bigint not null, -- in how many published stories it stands
  said bigint not null, -- by the version shown, for lists of what is public
  published bigint not null, -- first time, 0: never
  changed bigint not null, -- when readers last got another version
  checked bigint not null, -- the version that a second person checked, 0: none
  checker text not null,
  created bigint not null,
  updated bigint not null
);
create index statement_public on statement (published desc, id desc) where places > 0;
create index statement_updated on statement (updated desc, id desc);

-- Every version, whole. Rows are never changed.
create table statement_version (
  statement text collate "C" not null references statement (id),
  version bigint not null,
  at bigint not null,
  member text collate "C" not null, -- shown inside the desk only
  doc text not null, -- JSON: what readers may see
  sealed bytea not null, -- what they never see
  note text not null, -- what readers are told of the change
  announced bigint not null, -- when readers got it, 0: not, or with its story
  primary key (statement, version)
);

-- Who may open what is sealed.
create table statement_reader (
  statement text collate "C" not null references statement (id),
  member text collate "C" not null,
  primary key (statement, member)
);

-- Files of evidence, sealed.
create table statement_file (
  id text collate "C" primary key not null,
  statement text collate "C" not null references statement (id),
  sealed bytea not null,
  size bigint not null,
  at bigint not null
);
create index statement_file_statement on statement_file (statement);

-- Where the newest text of a story carries it, and the words it stands on.
create table statement_anchor (
  story text collate "C" not null,
  statement text collate "C" not null references statement (id),
  n bigint not null,
  words text not null, -- SHA-256 of the marked words
  primary key (story, statement)
);
create index statement_anchor_statement on statement_anchor (statement, story);

-- Where readers meet it.
create table statement_place (
  story text collate "C" not null,
  statement text collate "C" not null references statement (id),
  n bigint not null,
  lang text not null,
  primary key (story, statement)
);
create index statement_place_statement on statement_place (statement, story);

-- Whom and what it names: shown 0 by its newest version, 1 by the one readers see.
create table statement_entity (
  statement text collate "C" not null references statement (id),
  shown bigint not null,
  part text not null, -- who, body, addressee, about, topic, place
  n bigint not null,
  entity text collate "C" not null,
  said bigint not null,
  primary key (statement, shown, part, n)
);
create index statement_entity_entity on statement_entity (entity, shown, part, said desc, statement desc);

-- What moved when two entries became one or one became two.
create table statement_moved (
  move text collate "C" not null,
  statement text collate "C" not null,
  shown bigint not null,
  part text not null,
  n bigint not null,
  primary key (move, statement, shown, part, n)
);

-- Those who are quoted, for the lists of people and bodies: the latest first.
create table statement_speaker (
  entity text collate "C" primary key not null,
  kind text not null,
  statements bigint not null,
  last bigint not null
);
create index statement_speaker_last on statement_speaker (kind, last desc, entity desc);

-- One statement denies, contradicts or repeats another, as an editor marked.
create table statement_link (
  source text collate "C" not null references statement (id),
  target text collate "C" not null references statement (id),
  kind text not null check (kind in ('denies', 'contradicts', 'repeats')),
  at bigint not null,
  member text collate "C" not null,
  primary key (source, target, kind)
);
create index statement_link_target on statement_link (target, source, kind);

-- Leave to publish an accusation whose evidence nobody assessed.
create table statement_leave (
  statement text collate "C" not null references statement (id),
  version bigint not null,
  reason text not null,
  asked bigint not null,
  asker text not null,
  given bigint not null, -- 0: not yet
  giver text not null,
  primary key (statement, version)
);

-- Suggestions that an editor turned down: test cases for the suggester.
create table statement_rejected (
  id text collate "C" primary key not null,
  story text collate "C" not null,
  mark text not null, -- SHA-256 of what was suggested
  at bigint not null,
  lang text not null,
  excerpt text not null,
  suggestion text not null, -- JSON
  reason text not null
);
create unique index statement_rejected_mark on statement_rejected (story, mark);
create index statement_rejected_at on statement_rejected (at, id);

-- Running stories.
create table running (
  id text collate "C" primary key not null,
  slug text collate "C" not null,
  doc text not null, -- JSON: titles and descriptions by language
  version bigint not null,
  created bigint not null,
  updated bigint not null
);
create index running_updated on running (updated desc, id desc);
create table running_slug (
  slug text collate "C" primary key not null,
  running text collate "C" not null references running (id),
  since bigint not null
);
create table running_story (
  running text collate "C" not null references running (id),
  story text collate "C" not null,
  added bigint not null,
  primary key (running, story)
);
create index running_story_story on running_story (story, running);
create table running_version (
  running text collate "C" not null references running (id),
  version bigint not null,
  at bigint not null,
  member text collate "C" not null,
  doc text not null, -- JSON: all of it, the stories included
  primary key (running, version)
);
