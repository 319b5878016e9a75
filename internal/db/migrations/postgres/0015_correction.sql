-- +goose Up

-- Every visible act on a story, in the order in which they happened, each line sealing the one before.
-- It has no words: only what proves them.
create table correction (
  seq bigint primary key not null,
  story text not null,
  n bigint not null,
  kind text not null,
  at bigint not null,
  digest text not null, -- SHA-256 of the public form of the text
  note text not null, -- SHA-256 of what readers were told, empty for nothing
  hash text not null
);

-- +goose StatementBegin
create function correction_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the corrections are append-only';
end;
$$;
-- +goose StatementEnd
create trigger correction_no_update before update on correction
  for each row execute function correction_refuse();
create trigger correction_no_delete before delete on correction
  for each row execute function correction_refuse();
create trigger correction_no_truncate before truncate on correction
  for each statement execute function correction_refuse();
insert into story_counter (name, last) values ('correction', 0);
