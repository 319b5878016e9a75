-- +goose Up

-- What was brought in from another system, by the name it has there. The hash
-- is of everything that was read of it: another hash is another text.
create table import_item (
  source text collate "C" primary key not null,
  story text collate "C" not null references story (id),
  hash text not null,
  revision bigint not null, -- of ours, that holds the text with this hash
  at bigint not null
);
create index import_item_story on import_item (story);

-- The addresses that stories had elsewhere, without the host: a path, and a
-- query where the query named the story.
create table import_address (
  path text collate "C" primary key not null,
  story text collate "C" not null references story (id),
  at bigint not null
);
create index import_address_story on import_address (story);
