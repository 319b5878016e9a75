-- The simulator's own file: what a payment processor and the banks behind it
-- would know. It is not the newsroom's database and no migration touches it.
-- E-mail addresses are in it only sealed; card numbers are not in it at all.

create table if not exists object (
  seq     integer primary key,
  id      text    not null unique,
  kind    text    not null,
  owner   text    not null,
  created integer not null,
  doc     text    not null
) strict;
create index if not exists object_kind on object (kind, seq);
create index if not exists object_owner on object (owner, kind, seq);

-- Answers kept for a repeated Idempotency-Key. The answer is sealed, because it
-- may hold an address; the parameters are kept as a keyed hash.
create table if not exists replay (
  key    text    primary key,
  params blob    not null,
  at     integer not null,
  status integer not null,
  answer blob    not null
) strict;
create index if not exists replay_at on replay (at);

create table if not exists event (
  seq      integer primary key,
  id       text    not null unique,
  kind     text    not null,
  at       integer not null,
  payload  blob    not null,
  fate     text    not null,
  attempts integer not null
) strict;

-- What is to be done at a time: deliver an event, let a checkout expire.
create table if not exists due (
  seq     integer primary key,
  at      integer not null,
  kind    text    not null,
  ref     text    not null,
  since   integer not null,
  attempt integer not null
) strict;
create index if not exists due_at on due (at, seq);
create index if not exists due_ref on due (ref);

-- The oracle: every message that reached the card network and every line on a
-- donor's statement.
create table if not exists bank (
  seq          integer primary key,
  kind         text    not null,
  card_country text    not null,
  amount       integer not null,
  currency     text    not null,
  at           integer not null,
  descriptor   text    not null,
  merchant     text    not null
) strict;

create table if not exists meta (
  name  text primary key,
  value blob not null
) strict;
