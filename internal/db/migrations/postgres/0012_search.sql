-- +goose Up

-- One row a text that can be found. Its number orders it: the later a text
-- appeared, the higher.
create table search_doc (
  at bigint primary key not null,
  scope text not null, -- who may find it
  key text not null,
  lang text not null,
  title text not null,
  shown bigint not null, -- when it appeared
  stamp text not null, -- which text and which way to cut words it was made of
  facets text not null, -- JSON list
  words text not null -- the stems of the title, a bar, the stems of the text
);
alter table search_doc alter column words set storage external; -- many are read at a time: they lie as they are
create unique index search_doc_key on search_doc (scope, key);

-- The inverted index. The terms lie apart from the rows, which are all that a
-- search reads.
create table search_term (
  at bigint primary key not null,
  terms tsvector not null
) with (toast_tuple_target = 128);
alter table search_term alter column terms set storage external;
create index search_term_terms on search_term using gin (terms) with (fastupdate = off);

-- In how many texts readers met a word, counted up to a bound: what a typing
-- error is mended from.
create table search_word (
  lang text collate "C" not null,
  word text collate "C" not null,
  n bigint not null,
  primary key (lang, word)
);

-- What is to be indexed anew.
create table search_due (
  scope text not null,
  key text not null,
  primary key (scope, key)
);
