-- +goose Up

-- People, bodies, places and topics: one row each, as it is now.
create table entity (
  id text collate "C" primary key not null,
  kind text not null check (kind in ('person', 'body', 'place', 'topic')),
  slug text collate "C" not null, -- the present one
  sort text collate "C" not null, -- the first name, folded
  doc text not null, -- JSON: names, aliases, descriptions
  wikidata text not null, -- Q42, or empty
  merged text collate "C" not null, -- the one it is part of now, or empty
  version bigint not null,
  created bigint not null,
  updated bigint not null
);
create index entity_kind on entity (kind, merged, sort, id);
create unique index entity_wikidata on entity (wikidata) where wikidata <> '' and merged = '';

-- Every address one ever had.
create table entity_slug (
  kind text not null,
  slug text collate "C" not null,
  entity text collate "C" not null references entity (id),
  since bigint not null,
  primary key (kind, slug)
);
create index entity_slug_entity on entity_slug (entity);

-- What names and aliases fold to, so that one is found in any script.
create table entity_key (
  key text collate "C" not null,
  form text not null, -- name, alias, sound, word, wordsound
  entity text collate "C" not null references entity (id),
  primary key (form, key, entity)
);
create index entity_key_entity on entity_key (entity);

-- Who held which post from when to when. Days are 2024, 2024-12 or 2024-12-04.
create table entity_post (
  id text collate "C" primary key not null,
  person text collate "C" not null references entity (id),
  body text collate "C" not null, -- an entity, or empty
  roles text not null, -- JSON: the words by language
  since text collate "C" not null, -- empty: not known
  until text not null, -- empty: still, or not known
  at bigint not null
);
create index entity_post_person on entity_post (person, since desc, id);
create index entity_post_body on entity_post (body, since desc, id);

-- Every state one ever had, whole. Rows are never changed.
create table entity_version (
  entity text collate "C" not null references entity (id),
  version bigint not null,
  at bigint not null,
  member text not null, -- shown inside the desk only
  act text not null,
  doc text not null, -- JSON: all of it, posts included
  note text not null,
  primary key (entity, version)
);

-- What was made one, or parted, and what moved with it.
create table entity_merge (
  id text collate "C" primary key not null,
  act text not null check (act in ('merge', 'split')),
  source text collate "C" not null references entity (id),
  target text collate "C" not null references entity (id),
  at bigint not null,
  member text not null,
  reason text not null,
  posts text not null, -- JSON: ids of the posts that moved
  statements bigint not null, -- how many moved
  undone bigint not null -- 0: it holds
);
create index entity_merge_source on entity_merge (source, at desc);
create index entity_merge_target on entity_merge (target, at desc);
