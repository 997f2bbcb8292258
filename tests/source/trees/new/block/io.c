int coroutine_fn bdrv_co_flush(BlockDriverState *bs)
{
    return bdrv_flush(bs);
}

static void twice(void) { }
