-- +goose Up

-- How far the newest text is on its way to readers, and what stands in it.
alter table story add column stage text not null default 'draft' check (stage in ('draft', 'review', 'approved'));
alter table story add column touched integer not null default 0; -- when anything was last done to it
alter table story add column corrected integer not null default 0; -- when readers last got a corrected text, 0 never
alter table story add column withdrawn integer not null default 0; -- 1: taken off, not merely taken back
alter table story add column held integer not null default 0; -- since when the lawyers keep it from readers, 0 not at all
alter table story add column due integer not null default 0; -- when its scheduled text goes out, 0 none is
alter table story add column series text not null default '';
alter table story add column live integer not null default 0;
update story set touched = updated;
create index story_touched on story (touched desc, id desc);
create index story_stage on story (stage, touched desc, id desc);
create index story_series on story (lang, series, state, published desc, slug desc) where series <> '';

-- The rest of the whole object, as JSON: slug, series, related stories, schedule, flags, bylines' ids,
-- versions of the statements' records. kind says which act saved it, base from which text it was made.
alter table story_revision add column meta text not null default '{}';
alter table story_revision add column kind text not null default 'save';
alter table story_revision add column base integer not null default 0;
alter table story_revision add column redacted integer not null default 0; -- when a name was taken out of it

-- Who saved what: apart from the texts, so that nothing that shows a text can show a login.
create table story_hand (
  story text not null,
  revision integer not null,
  editor text not null,
  primary key (story, revision)
) strict;

-- Texts that were saved on top of an older one than the newest: kept until somebody has merged them.
create table story_side (
  story text not null references story (id),
  side integer not null,
  base integer not null,
  at integer not null,
  editor text not null,
  draft text not null, -- JSON, whole
  settled integer not null default 0,
  primary key (story, side)
) strict;

-- What readers were shown, from when, and what they were told about it. Only words that are hidden
-- everywhere ever leave it.
create table story_publication (
  story text not null references story (id),
  n integer not null,
  seq integer not null, -- its line in the ledger of corrections, 0 for what is older than that
  lang text not null,
  revision integer not null,
  kind text not null,
  at integer not null,
  listed integer not null, -- 1: among the corrections
  note text not null, -- what readers are told
  reason text not null, -- what the desk keeps
  digest text not null, -- SHA-256 of the public form of the text
  redacted integer not null default 0,
  primary key (story, n)
) strict;
create index story_publication_listed on story_publication (lang, seq desc) where listed = 1;
insert into story_publication (story, n, seq, lang, revision, kind, at, listed, note, reason, digest)
  select id, 1, 0, lang, revision, 'publish', published, 0, '', '', '' from story where published <> 0;

-- Texts that wait for their hour. A text that could not go out says why.
create table story_due (
  story text primary key not null references story (id),
  revision integer not null,
  at integer not null,
  act text not null, -- JSON: who ordered it, with which note
  failed text not null default ''
) strict;
create index story_due_at on story_due (failed, at);

-- What the desk did with a story, for the desk.
create table story_work (
  id text primary key not null,
  story text not null references story (id),
  at integer not null,
  kind text not null,
  revision integer not null,
  member text not null,
  words text not null
) strict;
create index story_work_story on story_work (story, at desc, id desc);

create table story_note (
  id text primary key not null,
  story text not null references story (id),
  at integer not null,
  author text not null,
  words text not null
) strict;
create index story_note_story on story_note (story, at desc, id desc);

create table story_task (
  id text primary key not null,
  story text not null references story (id),
  at integer not null,
  author text not null,
  who text not null,
  due integer not null, -- 0 for no day
  words text not null,
  done integer not null default 0,
  done_by text not null default ''
) strict;
create index story_task_story on story_task (story, done, at desc, id desc);
create index story_task_who on story_task (who, done, due, id);

-- Who has a story open. Rows are of no use after a minute.
create table story_presence (
  story text not null references story (id),
  session text not null, -- hashed
  member text not null,
  seen integer not null,
  holds integer not null, -- 1: this session writes
  primary key (story, session)
) strict;
create index story_presence_seen on story_presence (seen);

-- A version in another language was corrected, and this one may be wrong now.
create table story_flag (
  id text primary key not null,
  story text not null references story (id),
  of text not null,
  n integer not null, -- which publication of that story
  at integer not null,
  kind text not null,
  note text not null,
  cleared integer not null default 0,
  cleared_by text not null default ''
) strict;
create index story_flag_story on story_flag (story, cleared, at desc);
create index story_flag_open on story_flag (cleared, at desc, id desc);

-- A name or a face that is being hidden everywhere. Its words stay here only until that is done.
create table story_redaction (
  id text primary key not null,
  at integer not null,
  member text not null,
  reason text not null,
  replacement text not null,
  terms text not null, -- JSON list, empty when done
  pictures text not null, -- JSON list, empty when done
  step text not null, -- where the next batch begins
  reached text not null, -- JSON: what was reached so far
  finished integer not null default 0
) strict;
create index story_redaction_open on story_redaction (finished, at);

-- Who is named above a story, who that is, and who signs in: three tables, and nothing but the desk joins them.
create table byline_person (
  id text primary key not null,
  name text not null
) strict;

create table byline (
  id text primary key not null,
  name text not null,
  slug text not null,
  pseudonym integer not null,
  about text not null,
  person text references byline_person (id),
  made integer not null
) strict;
create unique index byline_slug on byline (slug);
create index byline_name on byline (name);

create table byline_member (
  person text not null references byline_person (id),
  member text not null,
  primary key (person, member)
) strict;
create index byline_member_member on byline_member (member);

-- Which stories a byline stands above, in every text that was published.
create table story_byline (
  byline text not null references byline (id),
  lang text not null,
  published integer not null,
  story text not null references story (id),
  primary key (byline, lang, published, story)
) strict;
create index story_byline_story on story_byline (story);
