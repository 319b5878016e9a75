-- +goose Up
create table ledger_entry (
  seq bigint primary key not null,
  id text not null,
  day text not null,
  kind text not null,
  provider text not null,
  debit text not null,
  credit text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  pledge text not null,
  payment text not null,
  hash bytea not null
);
create unique index ledger_entry_id on ledger_entry (id);

create table ledger_head (
  one bigint primary key not null check (one = 1),
  seq bigint not null,
  hash bytea not null
);
insert into ledger_head (one, seq, hash) values (1, 0, decode(repeat('00', 32), 'hex'));

-- +goose StatementBegin
create function ledger_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only';
end;
$$;
-- +goose StatementEnd
create trigger ledger_entry_no_update before update on ledger_entry
  for each row execute function ledger_refuse();
create trigger ledger_entry_no_delete before delete on ledger_entry
  for each row execute function ledger_refuse();
create trigger ledger_entry_no_truncate before truncate on ledger_entry
  for each statement execute function ledger_refuse();
create trigger ledger_head_forward before update on ledger_head
  for each row when (new.seq < old.seq) execute function ledger_refuse();
create trigger ledger_head_no_delete before delete on ledger_head
  for each row execute function ledger_refuse();
create trigger ledger_head_no_truncate before truncate on ledger_head
  for each statement execute function ledger_refuse();
