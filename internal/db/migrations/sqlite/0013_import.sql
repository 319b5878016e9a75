-- +goose Up

-- What was brought in from another system, by the name it has there. The hash
-- is of everything that was read of it: another hash is another text.
create table import_item (
  source text primary key not null,
  story text not null references story (id),
  hash text not null,
  revision integer not null, -- of ours, that holds the text with this hash
  at integer not null
) strict;
create index import_item_story on import_item (story);

-- The addresses that stories had elsewhere, without the host: a path, and a
-- query where the query named the story.
create table import_address (
  path text primary key not null,
  story text not null references story (id),
  at integer not null
) strict;
create index import_address_story on import_address (story);
