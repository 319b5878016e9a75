-- +goose Up
create table pledge (
  id text primary key not null,
  provider text not null,
  amount integer not null check (amount > 0),
  currency text not null,
  rhythm text not null,
  lang text not null,
  begun text not null,
  ended text not null,
  reason text not null,
  due text not null,
  packet_day text not null,
  packet blob,
  appeal text not null,
  variant text not null
) strict;
create index pledge_due on pledge (due, id) where due <> '';
create index pledge_packet_day on pledge (packet_day) where packet_day <> '';

create table payment (
  id text primary key not null,
  pledge text not null references pledge (id),
  provider text not null,
  idempotency text not null,
  ref text not null,
  form text not null,
  period integer not null,
  extra integer not null,
  hosted integer not null,
  amount integer not null check (amount > 0),
  currency text not null,
  rhythm text not null,
  state text not null,
  abandoned integer not null,
  begun text not null,
  settled text not null,
  todo integer not null,
  live integer not null
) strict;
create unique index payment_period on payment (pledge, period) where live = 1 and extra = 0;
create unique index payment_form on payment (form, rhythm, currency, amount) where form <> '' and live = 1;
create index payment_pledge on payment (pledge);
create index payment_todo on payment (id) where todo = 1;

create table payment_event (
  provider text not null,
  event text not null,
  day text not null,
  primary key (provider, event)
) strict, without rowid;

create table payment_bookmark (
  provider text primary key not null,
  day text not null
) strict;
