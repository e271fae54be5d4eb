-- The columns and defaults that maragu.dev/goqite v0.4.0 expects. Its trigger that
-- keeps "updated" is left out: nobody reads the column, and it would write every
-- received row twice.
create table if not exists goqite (
    id       text primary key default ('m_' || lower(hex(randomblob(16)))),
    created  text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
    updated  text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
    queue    text not null,
    body     blob not null,
    timeout  text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
    received integer not null default 0,
    priority integer not null default 0
) strict;

-- The order in which messages are received.
create index if not exists goqite_queue_priority_created_idx on goqite (queue, priority desc, created);

-- One message that was not received yet for an id. A body that is not JSON has no
-- id and is let in, to be found and moved out by whoever receives it.
create unique index if not exists goqite_waiting_idx on goqite (
    queue,
    (case when json_valid(cast(body as text)) then json_extract(cast(body as text), '$.id') end)
) where received = 0;

-- What was given up, for people to look at; the newest 1,000.
create table if not exists goqite_dead (
    seq      integer primary key,
    queue    text not null,
    body     blob not null,
    received integer not null,
    reason   text not null,
    created  text not null,
    died     text not null default (strftime('%Y-%m-%dT%H:%M:%fZ'))
) strict;
