-- Characteristics of transactions, and what must stand alone.
begin read only
savepoint a
set transaction read write
rollback
begin read only
set transaction read write
rollback
begin read only
select 1
set transaction read write
rollback
begin isolation level serializable read only deferrable
show transaction_deferrable
rollback
begin
set transaction deferrable
show transaction_deferrable
rollback
begin
set transaction_deferrable = on
show transaction_deferrable
commit
show transaction_deferrable
set session characteristics as transaction deferrable
show default_transaction_deferrable
show transaction_deferrable
set session characteristics as transaction not deferrable
begin read only
savepoint a
set transaction_read_only = off
rollback
begin
savepoint a
set transaction read only
rollback
create table vacuumed (a int)
select 1; vacuum vacuumed
vacuum vacuumed; select 1
select 1; discard all
drop table vacuumed
