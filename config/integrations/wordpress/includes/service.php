<?php
/**
 * One request to the service, with a time limit, whatever comes of it.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** Seconds that a request may take while a reader or a moderator waits for it. */
const TIME_LIMIT = 5;

/** Seconds for which nobody is made to wait again, after the service did not answer. */
const REST_AFTER_SILENCE = 30;

/** Name of the transient that says so. */
const SILENT = 'rcm_silent';

/** Name of the option with what went wrong last: array( 'at' => seconds, 'words' => string ). */
const LAST_PROBLEM = 'rcm_last_problem';

/**
 * What the service answered. Status 0: it did not answer, or not in time, or nothing that makes sense.
 */
final class Answer {
	/**
	 * HTTP's status.
	 *
	 * @var int
	 */
	public $status;

	/**
	 * The answer's object; empty where there is none.
	 *
	 * @var array
	 */
	public $json;

	/**
	 * What is wrong where there is no answer, in words.
	 *
	 * @var string
	 */
	public $trouble;

	/**
	 * An answer.
	 *
	 * @param int    $status  HTTP's status.
	 * @param array  $json    Its object.
	 * @param string $trouble What is wrong.
	 */
	public function __construct( $status, array $json, $trouble = '' ) {
		$this->status  = $status;
		$this->json    = $json;
		$this->trouble = $trouble;
	}

	/**
	 * A text in the answer, '' where there is none of that name.
	 *
	 * @param string $name Its name.
	 * @return string
	 */
	public function text( $name ) {
		return isset( $this->json[ $name ] ) && is_string( $this->json[ $name ] ) ? $this->json[ $name ] : '';
	}

	/**
	 * Whether the service was away, too slow or overloaded: asking again later may help.
	 *
	 * @return bool
	 */
	public function is_away() {
		return 0 === $this->status || 429 === $this->status || $this->status >= 500;
	}

	/**
	 * What is wrong, for an administrator.
	 *
	 * @return string
	 */
	public function problem() {
		if ( '' !== $this->trouble ) {
			return $this->trouble;
		}
		$detail = $this->text( 'detail' );
		return '' !== $detail ? $detail : sprintf(
			/* translators: %d: an HTTP status such as 503. */
			__( 'The service answered with HTTP status %d.', 'reader-comment-moderation' ),
			$this->status
		);
	}
}

/**
 * Asks the service with the secret key. Redirects aren't followed, so that the key goes nowhere else.
 *
 * @param string     $method  HTTP's method.
 * @param string     $path    From '/api/' on, each part already encoded.
 * @param array|null $body    Sent as JSON.
 * @param int        $seconds How long it may take.
 * @return Answer
 */
function ask_service( $method, $path, $body = null, $seconds = TIME_LIMIT ) {
	$headers = array(
		'Authorization'   => 'Bearer ' . setting( 'secret_key' ),
		'Accept'          => 'application/json',
		'Accept-Language' => str_replace( '_', '-', get_locale() ),
	);
	$request = array(
		'method'              => $method,
		'timeout'             => $seconds,
		'redirection'         => 0,
		'limit_response_size' => 1048576,
	);
	if ( null !== $body ) {
		$headers['Content-Type'] = 'application/json';
		$request['body']         = wp_json_encode( $body, JSON_INVALID_UTF8_SUBSTITUTE );
	}
	$request['headers'] = $headers;
	$answer             = answer_of( wp_remote_request( setting( 'address' ) . $path, $request ) );
	if ( 0 === $answer->status || $answer->status >= 500 ) {
		set_transient( SILENT, 1, REST_AFTER_SILENCE );
	} else {
		delete_transient( SILENT );
	}
	if ( $answer->status < 200 || $answer->is_away() || in_array( $answer->status, array( 401, 403 ), true ) ) {
		remember_problem( $answer->problem() );
	}
	return $answer;
}

/**
 * Whether the service did not answer a moment ago: then nobody is made to wait for it.
 *
 * @return bool
 */
function is_silent() {
	return (bool) get_transient( SILENT );
}

/**
 * Keeps what went wrong for the settings page.
 *
 * @param string $words What.
 */
function remember_problem( $words ) {
	update_option(
		LAST_PROBLEM,
		array(
			'at'    => time(),
			'words' => $words,
		),
		false
	);
}

/**
 * What WordPress's HTTP library brought, read.
 *
 * @param array|\WP_Error $response Its answer.
 * @return Answer
 */
function answer_of( $response ) {
	if ( is_wp_error( $response ) ) {
		return new Answer( 0, array(), $response->get_error_message() );
	}
	$status = (int) wp_remote_retrieve_response_code( $response );
	$json   = json_decode( wp_remote_retrieve_body( $response ), true );
	if ( is_array( $json ) && $status >= 200 ) {
		return new Answer( $status, $json );
	}
	if ( $status >= 400 || 204 === $status ) {
		return new Answer( $status, array() );
	}
	$words = __( 'What answers at this address is not the moderation service.', 'reader-comment-moderation' );
	return new Answer( 0, array(), $words );
}
