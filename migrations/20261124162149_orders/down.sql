BEGIN;

-- drop table public.orders
DROP TABLE public.orders;

-- drop enum public.order_status
DROP TYPE public.order_status;

COMMIT;
