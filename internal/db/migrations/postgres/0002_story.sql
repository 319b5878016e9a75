-- +goose Up

-- One row a story: what readers see of it, and what lists need.
create table story (
  id text collate "C" primary key not null,
  family text not null, -- the versions of one story in several languages share it
  lang text not null,
  section text not null,
  slug text collate "C" not null,
  headline text not null,
  standfirst text not null,
  excerpt text not null,
  bylines text not null, -- JSON list
  dateline text not null, -- 2024-12-04, or empty
  place text not null,
  tags text not null, -- JSON list
  no_ask bigint not null,
  state text not null check (state in ('draft', 'published', 'retracted')),
  revision bigint not null, -- the one shown
  latest bigint not null, -- the newest, which may wait for its publication
  year bigint not null, -- of the first publication in the newsroom's zone, 0 before
  month bigint not null,
  number bigint, -- in the order of first publication, for sitemaps
  created bigint not null,
  updated bigint not null,
  published bigint not null
);
create unique index story_family on story (family, lang);
create index story_front on story (lang, state, published desc, slug desc);
create index story_section on story (lang, state, section, published desc, slug desc);
create index story_number on story (state, number);
create index story_published on story (state, published desc);
create index story_updated on story (state, updated desc, id desc);

-- Every text that was ever saved, whole. Rows are never changed.
create table story_revision (
  story text collate "C" not null references story (id),
  revision bigint not null,
  at bigint not null,
  section text not null,
  headline text not null,
  standfirst text not null,
  bylines text not null,
  dateline text not null,
  place text not null,
  tags text not null,
  no_ask bigint not null,
  body text not null, -- JSON, package prose
  primary key (story, revision)
);

-- Every address a story ever had; the story's slug says which is the present.
create table story_address (
  lang text not null,
  year bigint not null,
  month bigint not null,
  slug text collate "C" not null,
  story text collate "C" not null references story (id),
  since bigint not null,
  primary key (lang, year, month, slug)
);
create index story_address_story on story_address (story);

-- What was imported, by the hash of its source, so that no run doubles it.
create table story_import (
  source text primary key not null,
  story text collate "C" not null references story (id),
  appeal text not null, -- the draft that was found in it, or empty
  at bigint not null
);

create table story_counter (
  name text primary key not null,
  last bigint not null
);
insert into story_counter (name, last) values ('number', 0);
