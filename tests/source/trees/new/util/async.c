static void twice(void)
{
}
