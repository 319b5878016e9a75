-- +goose Up

-- One row a story: what readers see of it, and what lists need.
create table story (
  id text primary key not null,
  family text not null, -- the versions of one story in several languages share it
  lang text not null,
  section text not null,
  slug text not null,
  headline text not null,
  standfirst text not null,
  excerpt text not null,
  bylines text not null, -- JSON list
  dateline text not null, -- 2024-12-04, or empty
  place text not null,
  tags text not null, -- JSON list
  no_ask integer not null,
  state text not null check (state in ('draft', 'published', 'retracted')),
  revision integer not null, -- the one shown
  latest integer not null, -- the newest, which may wait for its publication
  year integer not null, -- of the first publication in the newsroom's zone, 0 before
  month integer not null,
  number integer, -- in the order of first publication, for sitemaps
  created integer not null,
  updated integer not null,
  published integer not null
) strict;
create unique index story_family on story (family, lang);
create index story_front on story (lang, state, published desc, slug desc);
create index story_section on story (lang, state, section, published desc, slug desc);
create index story_number on story (state, number);
create index story_published on story (state, published desc);
create index story_updated on story (state, updated desc, id desc);

-- Every text that was ever saved, whole. Rows are never changed.
create table story_revision (
  story text not null references story (id),
  revision integer not null,
  at integer not null,
  section text not null,
  headline text not null,
  standfirst text not null,
  bylines text not null,
  dateline text not null,
  place text not null,
  tags text not null,
  no_ask integer not null,
  body text not null, -- JSON, package prose
  primary key (story, revision)
) strict;

-- Every address a story ever had; the story's slug says which is the present.
create table story_address (
  lang text not null,
  year integer not null,
  month integer not null,
  slug text not null,
  story text not null references story (id),
  since integer not null,
  primary key (lang, year, month, slug)
) strict;
create index story_address_story on story_address (story);

-- What was imported, by the hash of its source, so that no run doubles it.
create table story_import (
  source text primary key not null,
  story text not null references story (id),
  appeal text not null, -- the draft that was found in it, or empty
  at integer not null
) strict;

create table story_counter (
  name text primary key not null,
  last integer not null
) strict;
insert into story_counter (name, last) values ('number', 0);
