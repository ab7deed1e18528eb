<?php
/**
 * Stands in place of the theme's comments.php.
 *
 * @package ReaderCommentModeration
 */

defined( 'ABSPATH' ) || exit;

echo \ReaderCommentModeration\section_html(); // phpcs:ignore WordPress.Security.EscapeOutput -- each part is escaped where it is put in.
