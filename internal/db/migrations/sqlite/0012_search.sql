-- +goose Up

-- One row a text that can be found. Its number orders it: the later a text
-- appeared, the higher.
create table search_doc (
  at integer primary key not null,
  scope text not null, -- who may find it
  key text not null,
  lang text not null,
  title text not null,
  shown integer not null, -- when it appeared
  stamp text not null, -- which text and which way to cut words it was made of
  facets text not null, -- JSON list
  words text not null -- the stems of the title, a bar, the stems of the text
) strict;
create unique index search_doc_key on search_doc (scope, key);

-- The inverted index. It keeps no text, and what is taken out of it is
-- overwritten.
create virtual table search_term using fts5 (terms, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '.:-'");
insert into search_term (search_term, rank) values ('secure-delete', 1);

-- In how many texts readers met a word, counted up to a bound: what a typing
-- error is mended from.
create table search_word (
  lang text not null,
  word text not null,
  n integer not null,
  primary key (lang, word)
) strict, without rowid;

-- What is to be indexed anew.
create table search_due (
  scope text not null,
  key text not null,
  primary key (scope, key)
) strict, without rowid;
