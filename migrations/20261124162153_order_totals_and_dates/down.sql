-- drop index public.orders_created_at_idx
DROP INDEX CONCURRENTLY public.orders_created_at_idx;

BEGIN;

-- drop constraint public.orders.orders_total_not_negative
ALTER TABLE public.orders DROP CONSTRAINT orders_total_not_negative;

COMMIT;
