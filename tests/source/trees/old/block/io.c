int bdrv_co_flush(BlockDriverState *bs)
{
    return 0;
}
